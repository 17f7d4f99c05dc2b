INSERT INTO past_scope_request (request_key)
SELECT DISTINCT d.request_key
FROM past_scope_device
JOIN public.distribution AS d USING (device_id)
WHERE d.recorded_at <= %(moment)s
ON CONFLICT DO NOTHING
