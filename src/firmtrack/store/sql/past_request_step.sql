INSERT INTO request_step
SELECT s.*
FROM past_scope_request
JOIN public.request_step AS s USING (request_key)
WHERE s.recorded_at <= %(moment)s
