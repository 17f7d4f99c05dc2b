INSERT INTO device_incident
SELECT i.*
FROM past_scope_device
JOIN public.device_incident AS i USING (device_id)
WHERE i.recorded_at <= %(moment)s
