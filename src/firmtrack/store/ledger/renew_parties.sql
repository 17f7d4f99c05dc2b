-- The parties of the restated devices: the Users of all statements that count.
INSERT INTO device_acquaintance (device_id, user_id)
SELECT DISTINCT s.device_id, s.user_id
FROM restated_device
JOIN inventory_statement AS s USING (device_id)
WHERE s.user_id IS NOT NULL
ORDER BY s.device_id, s.user_id
ON CONFLICT DO NOTHING
