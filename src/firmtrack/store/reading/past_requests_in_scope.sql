INSERT INTO past_scope_request (request_key)
SELECT DISTINCT d.request_key
FROM concerned_device
JOIN public.known_distribution AS d USING (device_id)
WHERE d.recorded_at <= %(moment)s AND d.ended_at > %(moment)s
ON CONFLICT DO NOTHING
