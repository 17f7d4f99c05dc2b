-- Begin the distributions of some requests that are named again.
INSERT INTO distribution (device_id, request_key, recorded_at)
SELECT device_id, request_key, %(moment)s
FROM (
    SELECT device_id, request_key FROM counted_name
    UNION
    SELECT e.device_id, e.request_key
    FROM staged_event AS s
    JOIN event AS e ON e.device_id = s.device_id AND e.message_id = s.message_id
        AND e.occurred_at = s.occurred_at
    WHERE e.request_key IS NOT NULL
) AS named
ORDER BY device_id
ON CONFLICT DO NOTHING
