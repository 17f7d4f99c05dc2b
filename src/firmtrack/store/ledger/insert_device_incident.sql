INSERT INTO recorded_device_incident (device_id, message_id, kind, occurred_at, recorded_at,
    device_time, originator, target, counter, comms_hub_id, reason, throttled_sequence,
    throttled_count, message_kind, code, user_id, responder, response_counter)
SELECT %(device_id)s, message_id, %(kind)s, %(occurred_at)s, recorded_at, %(device_time)s,
    %(originator)s, %(target)s, %(counter)s, %(comms_hub_id)s, %(reason)s, %(throttled_sequence)s,
    %(throttled_count)s, %(message_kind)s, %(code)s, %(user_id)s, %(responder)s,
    %(response_counter)s
FROM message
WHERE message_id = %(message_id)s
ON CONFLICT (device_id, message_id, kind) DO UPDATE
SET responder = excluded.responder, response_counter = excluded.response_counter
