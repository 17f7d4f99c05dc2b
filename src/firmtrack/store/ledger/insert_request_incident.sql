INSERT INTO recorded_request_incident (originator, target, counter, message_id, kind, occurred_at,
    recorded_at, reason, throttled_sequence, throttled_count, message_kind, code, user_id, responder,
    response_counter)
SELECT %(originator)s, %(target)s, %(counter)s, message_id, %(kind)s, %(occurred_at)s, recorded_at,
    %(reason)s, %(throttled_sequence)s, %(throttled_count)s, %(message_kind)s, %(code)s, %(user_id)s,
    %(responder)s, %(response_counter)s
FROM message
WHERE message_id = %(message_id)s
ON CONFLICT (originator, target, counter, message_id, kind) DO UPDATE
SET responder = excluded.responder, response_counter = excluded.response_counter
