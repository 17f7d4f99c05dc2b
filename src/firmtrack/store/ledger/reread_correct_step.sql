-- The same as reread_correct_events, of one step of a request as a whole.
INSERT INTO recorded_request_step AS s
    (request_key, message_id, occurred_at, recorded_at, stage, failed, reason, variant,
    message_kind, code, user_id, responder, response_counter)
SELECT %(request_key)s, message_id, %(occurred_at)s, recorded_at, %(stage)s, %(failed)s, %(reason)s,
    %(variant)s, %(message_kind)s, %(code)s, %(user_id)s, %(responder)s, %(response_counter)s
FROM message
WHERE message_id = %(message_id)s
ON CONFLICT (request_key, message_id) DO UPDATE
SET occurred_at = excluded.occurred_at, stage = excluded.stage, failed = excluded.failed,
    reason = excluded.reason, variant = excluded.variant, message_kind = excluded.message_kind,
    code = excluded.code, user_id = excluded.user_id, responder = excluded.responder,
    response_counter = excluded.response_counter
WHERE (s.occurred_at, s.stage, s.failed, s.reason, s.variant, s.message_kind, s.code, s.user_id,
        s.responder, s.response_counter)
    IS DISTINCT FROM (excluded.occurred_at, excluded.stage, excluded.failed, excluded.reason,
        excluded.variant, excluded.message_kind, excluded.code, excluded.user_id,
        excluded.responder, excluded.response_counter)
