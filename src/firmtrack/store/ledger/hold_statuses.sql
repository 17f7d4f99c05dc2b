-- The current statuses that the batch may change, as they are before it: those of every device that its
-- events are about or that attribution concerns, and of every device in a request that it changes.
INSERT INTO held_status (device_id, request_key, stage, failed, reason)
SELECT c.device_id, c.request_key, c.stage, c.failed, c.reason
FROM (
    SELECT device_id, request_key FROM distribution WHERE request_key = ANY (%(request_keys)s)
    UNION
    SELECT d.device_id, d.request_key
    FROM (
        SELECT device_id FROM staged_event
        UNION
        SELECT device_id FROM concerned_device
    ) AS moved
    JOIN distribution AS d USING (device_id)
) AS pair
JOIN current_distribution AS c USING (device_id, request_key)
WHERE NOT EXISTS (
    SELECT FROM new_name AS n WHERE n.device_id = c.device_id AND n.request_key = c.request_key
)
