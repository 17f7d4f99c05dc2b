-- The requests in scope; what was known of them the statements fold that fold the present, too.
INSERT INTO request (request_key, originator, target, counter, recorded_at)
SELECT r.request_key, r.originator, r.target, r.counter, r.recorded_at
FROM past_scope_request
JOIN public.request AS r USING (request_key)
