INSERT INTO comms_hub_incident (comms_hub_id, message_id, kind, occurred_at, recorded_at,
    new_comms_hub_id, reason, throttled_sequence, throttled_count)
VALUES (%(comms_hub_id)s, %(message_id)s, %(kind)s, %(occurred_at)s, now(),
    %(new_comms_hub_id)s, %(reason)s, %(throttled_sequence)s, %(throttled_count)s)
