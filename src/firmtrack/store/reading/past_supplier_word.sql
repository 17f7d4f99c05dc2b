INSERT INTO supplier_word
SELECT w.*
FROM concerned_device
JOIN public.supplier_word AS w USING (device_id)
WHERE w.recorded_at <= %(moment)s
