-- Have updates belong to incidents, those of whole requests too; return how many of each are new to it.
WITH joining AS (
    SELECT incident_id, device_id, request_key
    FROM unnest(%(incident_ids)s::uuid[], %(device_ids)s::bigint[], %(request_keys)s::bigint[])
        AS named (incident_id, device_id, request_key)
    UNION
    SELECT whole.incident_id, d.device_id, d.request_key
    FROM unnest(%(whole_incident_ids)s::uuid[], %(whole_request_keys)s::bigint[])
        AS whole (incident_id, request_key)
    JOIN distribution AS d USING (request_key)
), joined AS (
    INSERT INTO party_incident_device (incident_id, device_id, request_key)
    SELECT incident_id, device_id, request_key FROM joining
    ORDER BY incident_id, device_id, request_key
    ON CONFLICT DO NOTHING
    RETURNING incident_id
)
SELECT incident_id, count(*) FROM joined GROUP BY incident_id
