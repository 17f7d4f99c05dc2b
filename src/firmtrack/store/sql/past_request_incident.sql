INSERT INTO request_incident
SELECT i.*
FROM request AS r
JOIN public.request_incident AS i USING (originator, target, counter)
WHERE i.recorded_at <= %(moment)s
UNION ALL
SELECT i.*
FROM past_scope_device
JOIN public.request_incident AS i ON i.target = past_scope_device.device_id
WHERE i.recorded_at <= %(moment)s
