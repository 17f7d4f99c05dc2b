-- Leave what was at a Communications Hub of which something is kept that befell it.
DELETE FROM going_distribution AS g
USING (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key
    FROM (
        SELECT DISTINCT comms_hub_id
        FROM recorded_comms_hub_incident
        WHERE occurred_at >= %(kept_from)s
    ) AS befallen
    JOIN comms_hub_device AS beside USING (comms_hub_id)
    JOIN recorded_event AS e USING (device_id, comms_hub_id)
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version, e.addressee
    ) AS found ON true
) AS named
WHERE g.device_id = named.device_id AND g.request_key = named.request_key
