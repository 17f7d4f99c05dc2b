INSERT INTO device_incident
SELECT i.*
FROM concerned_device
JOIN public.recorded_device_incident AS i USING (device_id)
WHERE i.recorded_at <= %(moment)s
  AND i.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
