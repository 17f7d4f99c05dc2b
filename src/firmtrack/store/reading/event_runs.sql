-- The events of one device by runs: events that follow each other, of all the device's, in the order of
-- time, and differ in nothing but their times and messages, are one row: the last of them, how many they
-- are and the first's times. No run reaches over one of the boundaries $3, at which it may change to
-- which request an event belongs. $1: the device, $2: the moment. As in dossier.sql, whether a message
-- was withdrawn is not joined.
SELECT row_to_json(f)::text AS fact
FROM (
    SELECT DISTINCT ON (run)
        request_key, message_id, occurred_at, recorded_at, device_time, comms_hub_id, stage, failed,
        reason, firmware_version, image_hash, user_id, message_kind, code, responder, response_counter,
        count(*) OVER of_run AS times,
        min(occurred_at) OVER of_run AS first_at,
        min(recorded_at) OVER of_run AS first_recorded_at,
        first_value(message_id) OVER (of_run ORDER BY occurred_at, message_id) AS first_message_id
    FROM (
        SELECT *, count(*) FILTER (WHERE is_other) OVER in_time AS run
        FROM (
            SELECT *, what IS DISTINCT FROM lag(what) OVER in_time AS is_other
            FROM (
                SELECT f.request_key, f.message_id, f.occurred_at, f.recorded_at, f.device_time,
                    f.comms_hub_id, f.stage, f.failed, f.reason, f.firmware_version,
                    encode(f.image_hash, 'hex') AS image_hash, f.addressee AS user_id,
                    f.message_kind, f.code, f.responder, f.response_counter,
                    ROW (
                        f.request_key, f.comms_hub_id, f.stage, f.failed, f.reason,
                        f.firmware_version, f.image_hash, f.addressee, f.message_kind, f.code,
                        width_bucket(f.occurred_at, $3::timestamptz[])
                    ) AS what
                FROM (
                    SELECT * FROM recorded_event WHERE device_id = $1 AND recorded_at <= $2 OFFSET 0
                ) AS f
                WHERE NOT EXISTS (
                    SELECT FROM withdrawal_period AS w
                    WHERE w.message_id = f.message_id AND w.began_at <= $2 AND w.ended_at > $2
                    OFFSET 0
                )
            ) AS recorded
            WINDOW in_time AS (ORDER BY occurred_at, message_id)
        ) AS compared
        WINDOW in_time AS (ORDER BY occurred_at, message_id)
    ) AS numbered
    WINDOW of_run AS (PARTITION BY run)
    ORDER BY run, occurred_at DESC, message_id DESC
) AS f
