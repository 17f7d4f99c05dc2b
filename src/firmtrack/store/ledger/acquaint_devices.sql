INSERT INTO device_acquaintance (device_id, user_id)
SELECT DISTINCT device_id, user_id
FROM staged_acquaintance
ORDER BY device_id, user_id
ON CONFLICT DO NOTHING
