-- The updates of a cause in one request: those that stand as it says, whose profile is as it says. What else
-- is known of their devices bears on whether to send them again: later_success, that a later update of the
-- device is Successful; is_open, that one is open, or that a later one may be; is_special, that something
-- befell the device, its hub or the request, or that another party's update is open, of which the viewer may
-- know.
{begun}{profiles}, caused AS MATERIALIZED (
    SELECT * FROM update_profile AS p WHERE {traits}
), known AS MATERIALIZED (
    -- One by one: whatever is known of how many others there are, none of theirs is read.
    SELECT c.device_id, c.request_key, v.smets_version, v.comms_hub_id, told.comms_hub_ids,
        other.later_success, other.is_open, other.is_foreign_open
    FROM {current_distribution} AS c
    LEFT JOIN LATERAL (
        SELECT smets_version, comms_hub_id
        FROM {device} AS v
        WHERE v.device_id = c.device_id
        LIMIT 1
    ) AS v ON true
    CROSS JOIN LATERAL (
        SELECT array_agg(e.comms_hub_id) AS comms_hub_ids FROM {event} AS e WHERE e.device_id = c.device_id
    ) AS told
    CROSS JOIN LATERAL (
        SELECT
            bool_or(
                {sees:o.originator} AND o.completion = 'successful'
                AND o.submitted_at > (SELECT max(submitted_at) FROM caused)
            ) AS later_success,
            bool_or(
                {sees:o.originator} AND o.completion NOT IN ('failed', 'successful')
                AND (o.stage > 1 OR o.submitted_at > (SELECT max(submitted_at) FROM caused))
            ) AS is_open,
            bool_or(
                %(sees_others)s AND NOT {sees:o.originator}
                AND o.completion NOT IN ('failed', 'successful')
            ) AS is_foreign_open
        FROM {current_distribution} AS o
        WHERE o.device_id = c.device_id AND o.request_key <> c.request_key
    ) AS other
    WHERE c.device_id = ANY (ARRAY(SELECT device_id FROM caused)) AND {is_asked}
), befallen_device AS MATERIALIZED (
    SELECT device_id
    FROM device_incident
    WHERE device_id = ANY (ARRAY(SELECT device_id FROM caused))
), befallen_hub AS MATERIALIZED (
    SELECT comms_hub_id
    FROM comms_hub_incident
    WHERE comms_hub_id = ANY (ARRAY(
        SELECT comms_hub_id FROM known
        UNION
        SELECT unnest(comms_hub_ids) FROM known
    ))
), befallen_request AS MATERIALIZED (
    SELECT c.request_key
    FROM (SELECT DISTINCT request_key, originator, target, counter FROM caused) AS c
    JOIN {request_incident} AS i USING (originator, target, counter)
)
SELECT s.device_id, s.request_key, s.firmware_version, s.occurred_at, s.addressee,
    nullif(s.device_type, '') AS device_type, d.smets_version, nullif(s.csp_region, '') AS csp_region,
    coalesce(d.later_success, false) AS later_success,
    coalesce(d.is_open, false) AS is_open,
    s.device_id IN (SELECT device_id FROM befallen_device)
        OR (d.comms_hub_id = ANY (ARRAY(SELECT comms_hub_id FROM befallen_hub))) IS TRUE
        OR (d.comms_hub_ids && ARRAY(SELECT comms_hub_id FROM befallen_hub)) IS TRUE
        OR s.request_key IN (SELECT request_key FROM befallen_request)
        OR coalesce(d.is_foreign_open, false) AS is_special
FROM caused AS s
LEFT JOIN known AS d USING (device_id, request_key)
ORDER BY s.device_id, s.request_key
