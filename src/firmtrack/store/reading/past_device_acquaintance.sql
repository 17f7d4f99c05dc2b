INSERT INTO device_acquaintance
SELECT a.*
FROM concerned_device
JOIN public.device_acquaintance AS a USING (device_id)
WHERE a.recorded_at <= %(moment)s
