INSERT INTO request_step
SELECT f.*
FROM past_scope_request
JOIN public.recorded_request_step AS f USING (request_key)
WHERE f.recorded_at <= %(moment)s
  AND f.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
