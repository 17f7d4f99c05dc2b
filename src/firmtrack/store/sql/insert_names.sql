-- Which devices the requests name: those of their own lists, and those that events tell of.
WITH named AS (
    INSERT INTO distribution (device_id, request_key)
    SELECT device_id, request_key FROM staged_name
    UNION
    SELECT device_id, request_key FROM staged_event WHERE request_key IS NOT NULL
    ORDER BY request_key, device_id
    ON CONFLICT DO NOTHING
    RETURNING device_id
)
INSERT INTO newly_named (device_id)
SELECT device_id FROM named
