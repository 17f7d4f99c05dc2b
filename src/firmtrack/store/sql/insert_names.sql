INSERT INTO distribution (device_id, request_key)
SELECT device_id, request_key
FROM staged_name
ORDER BY request_key, device_id
ON CONFLICT DO NOTHING
