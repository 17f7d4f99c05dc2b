INSERT INTO event
SELECT e.*
FROM past_scope_device
JOIN public.event AS e USING (device_id)
WHERE e.recorded_at <= %(moment)s
