-- Make the staged events what is stored of them, as if the message had been read so when it came;
-- return how many rows that changed or added. request_key is part of what is read.
WITH changed AS (
    UPDATE recorded_event AS e
    SET request_key = s.request_key, occurred_at = s.occurred_at, device_time = s.device_time,
        comms_hub_id = s.comms_hub_id, stage = s.stage, failed = s.failed, reason = s.reason,
        firmware_version = s.firmware_version, image_hash = s.image_hash, addressee = s.addressee,
        message_kind = s.message_kind, code = s.code, responder = s.responder,
        response_counter = s.response_counter
    FROM staged_event AS s
    WHERE e.device_id = s.device_id AND e.message_id = s.message_id
      AND (e.request_key, e.occurred_at, e.device_time, e.comms_hub_id, e.stage, e.failed,
              e.reason, e.firmware_version, e.image_hash, e.addressee, e.message_kind, e.code,
              e.responder, e.response_counter)
          IS DISTINCT FROM (s.request_key, s.occurred_at, s.device_time, s.comms_hub_id, s.stage,
              s.failed, s.reason, s.firmware_version, s.image_hash, s.addressee, s.message_kind,
              s.code, s.responder, s.response_counter)
    RETURNING 1
), added AS (
    INSERT INTO recorded_event (device_id, request_key, message_id, occurred_at, recorded_at, device_time,
        comms_hub_id, stage, failed, reason, firmware_version, image_hash, addressee, message_kind,
        code, responder, response_counter)
    SELECT s.device_id, s.request_key, s.message_id, s.occurred_at, m.recorded_at, s.device_time,
        s.comms_hub_id, s.stage, s.failed, s.reason, s.firmware_version, s.image_hash,
        s.addressee, s.message_kind, s.code, s.responder, s.response_counter
    FROM staged_event AS s
    JOIN message AS m USING (message_id)
    WHERE NOT EXISTS (
        SELECT FROM recorded_event AS e WHERE e.device_id = s.device_id AND e.message_id = s.message_id
    )
    RETURNING 1
)
SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM added)
