INSERT INTO recorded_request_incident (originator, target, counter, message_id, kind, occurred_at,
    recorded_at, reason, throttled_sequence, throttled_count, message_kind, code, user_id)
SELECT %(originator)s, %(target)s, %(counter)s, message_id, %(kind)s, %(occurred_at)s, recorded_at,
    %(reason)s, %(throttled_sequence)s, %(throttled_count)s, kind, code, user_id
FROM message
WHERE message_id = %(message_id)s
ON CONFLICT DO NOTHING
