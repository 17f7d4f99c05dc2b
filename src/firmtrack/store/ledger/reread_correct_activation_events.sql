-- The same as reread_correct_events, of what is reported of activations.
WITH changed AS (
    UPDATE recorded_activation_event AS w
    SET originator = s.originator, counter = s.counter, occurred_at = s.occurred_at,
        device_time = s.device_time, step = s.step, failed = s.failed, reason = s.reason,
        firmware_version = s.firmware_version, image_hash = s.image_hash,
        scheduled_for = s.scheduled_for, message_kind = s.message_kind, code = s.code,
        addressee = s.addressee, responder = s.responder, response_counter = s.response_counter
    FROM staged_activation_event AS s
    WHERE w.device_id = s.device_id AND w.message_id = s.message_id
      AND (w.originator, w.counter, w.occurred_at, w.device_time, w.step, w.failed, w.reason,
              w.firmware_version, w.image_hash, w.scheduled_for, w.message_kind, w.code,
              w.addressee, w.responder, w.response_counter)
          IS DISTINCT FROM (s.originator, s.counter, s.occurred_at, s.device_time, s.step,
              s.failed, s.reason, s.firmware_version, s.image_hash, s.scheduled_for, s.message_kind,
              s.code, s.addressee, s.responder, s.response_counter)
    RETURNING 1
), added AS (
    INSERT INTO recorded_activation_event (device_id, originator, counter, message_id, occurred_at,
        recorded_at, device_time, step, failed, reason, firmware_version, image_hash, scheduled_for,
        message_kind, code, addressee, responder, response_counter)
    SELECT s.device_id, s.originator, s.counter, s.message_id, s.occurred_at,
        m.recorded_at, s.device_time, s.step, s.failed, s.reason, s.firmware_version, s.image_hash,
        s.scheduled_for, s.message_kind, s.code, s.addressee, s.responder, s.response_counter
    FROM staged_activation_event AS s
    JOIN message AS m USING (message_id)
    WHERE NOT EXISTS (
        SELECT
        FROM recorded_activation_event AS w
        WHERE w.device_id = s.device_id AND w.message_id = s.message_id
    )
    RETURNING 1
)
SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM added)
