INSERT INTO event
SELECT f.*
FROM concerned_device
JOIN public.recorded_event AS f USING (device_id)
WHERE f.recorded_at <= %(moment)s
  AND f.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
