INSERT INTO distribution (device_id, request_key, recorded_at)
SELECT d.device_id, d.request_key, d.recorded_at
FROM concerned_device
JOIN public.known_distribution AS d USING (device_id)
WHERE d.recorded_at <= %(moment)s AND d.ended_at > %(moment)s
