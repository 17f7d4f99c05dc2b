INSERT INTO past_scope_device (device_id)
SELECT d.device_id
FROM public.request AS r
JOIN public.distribution AS d USING (request_key)
WHERE r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
  AND d.recorded_at <= %(moment)s
