INSERT INTO activation_word
SELECT f.*
FROM concerned_device
JOIN public.recorded_activation_word AS f USING (device_id)
WHERE f.recorded_at <= %(moment)s
  AND f.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
