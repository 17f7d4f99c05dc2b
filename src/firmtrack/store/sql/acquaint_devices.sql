INSERT INTO device_acquaintance
SELECT DISTINCT *
FROM json_populate_recordset(NULL::device_acquaintance, %s)
ORDER BY device_id, user_id
ON CONFLICT DO NOTHING
