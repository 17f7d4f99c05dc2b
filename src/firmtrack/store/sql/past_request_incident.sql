INSERT INTO request_incident
SELECT i.*
FROM request AS r
JOIN public.request_incident AS i USING (originator, target, counter)
WHERE i.recorded_at <= %(moment)s
