INSERT INTO device_acquaintance (device_id, user_id)
VALUES (%s, %s)
ON CONFLICT DO NOTHING
