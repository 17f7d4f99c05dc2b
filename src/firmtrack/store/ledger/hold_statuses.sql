-- What the current statuses are that the batch may change: those of every device that it names, and
-- of every device in a request that it changes.
INSERT INTO held_status (device_id, request_key, stage, failed, reason)
SELECT c.device_id, c.request_key, c.stage, c.failed, c.reason
FROM (
    SELECT device_id FROM staged_event
    UNION
    SELECT device_id FROM staged_name
    UNION
    SELECT device_id FROM distribution WHERE request_key = ANY (%(request_keys)s)
) AS concerned
JOIN current_distribution AS c USING (device_id)
