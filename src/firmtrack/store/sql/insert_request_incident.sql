INSERT INTO request_incident (originator, target, counter, message_id, kind, occurred_at,
    recorded_at, reason, throttled_sequence, throttled_count)
VALUES (%(originator)s, %(target)s, %(counter)s, %(message_id)s, %(kind)s, %(occurred_at)s,
    now(), %(reason)s, %(throttled_sequence)s, %(throttled_count)s)
