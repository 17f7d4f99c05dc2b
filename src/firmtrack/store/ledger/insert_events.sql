INSERT INTO recorded_event (device_id, request_key, message_id, occurred_at, recorded_at, device_time,
    comms_hub_id, stage, failed, reason, firmware_version, image_hash, addressee, message_kind,
    code, responder, response_counter)
SELECT device_id, request_key, message_id, occurred_at, now(), device_time,
    comms_hub_id, stage, failed, reason, firmware_version, image_hash, addressee, message_kind,
    code, responder, response_counter
FROM staged_event
ORDER BY device_id
