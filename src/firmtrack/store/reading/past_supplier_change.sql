INSERT INTO supplier_change
SELECT c.*
FROM concerned_device
JOIN public.recorded_supplier_change AS c USING (device_id)
WHERE c.recorded_at <= %(moment)s
  AND c.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
