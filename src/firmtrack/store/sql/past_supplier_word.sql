INSERT INTO supplier_word
SELECT w.*
FROM past_scope_device
JOIN public.supplier_word AS w USING (device_id)
WHERE w.recorded_at <= %(moment)s
