INSERT INTO event (device_id, request_key, message_id, occurred_at, recorded_at, device_time,
    comms_hub_id, stage, failed, reason, firmware_version, image_hash)
SELECT device_id, request_key, message_id, occurred_at, now(), device_time,
    comms_hub_id, stage, failed, reason, firmware_version, image_hash
FROM staged_event
ORDER BY device_id
