INSERT INTO device_acquaintance (device_id, user_id)
SELECT DISTINCT device_id, user_id
FROM inventory_statement
WHERE user_id IS NOT NULL
