INSERT INTO recorded_activation_event (device_id, originator, counter, message_id, occurred_at, recorded_at,
    device_time, step, failed, reason, firmware_version, image_hash, scheduled_for,
    message_kind, code, addressee, responder, response_counter)
SELECT device_id, originator, counter, message_id, occurred_at, now(),
    device_time, step, failed, reason, firmware_version, image_hash, scheduled_for,
    message_kind, code, addressee, responder, response_counter
FROM staged_activation_event
ORDER BY device_id
