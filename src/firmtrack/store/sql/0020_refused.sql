-- Whether DCC refused a device by name is read with how its update stands: word about all is not about
-- it.
CREATE OR REPLACE VIEW current_distribution AS
    SELECT
        d.device_id,
        d.request_key,
        r.originator,
        r.target,
        r.counter,
        r.variant,
        r.firmware_version,
        r.image_hash,
        coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
        s.stage,
        s.failed,
        s.reason,
        s.occurred_at,
        CASE
            WHEN s.failed THEN 'failed'
            WHEN s.stage = 6 AND r.variant IS DISTINCT FROM '11.4' THEN 'successful'
            WHEN s.stage = 7 AND r.variant IS DISTINCT FROM '11.1' THEN 'successful'
            ELSE 'in_progress'
        END AS completion,
        s.message_id AS word_message_id,
        o.is_own AS is_own_word,
        s.addressee,
        d.refused
    FROM distribution AS d
    JOIN request AS r ON r.request_key = d.request_key
    CROSS JOIN LATERAL (
        SELECT
            d.refused OR d.stage >= r.step_stage AS is_own,
            -- The request's own arrival says that it was received, as a step may: the latest counts.
            r.step_stage = 1 AND r.message_id IS NOT NULL AND (
                r.step_message_id IS NULL
                OR (r.submitted_at, r.message_id) > (r.step_occurred_at, r.step_message_id)
            ) AS is_arrival
    ) AS o
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN is_own THEN d.stage ELSE r.step_stage END AS stage,
            CASE WHEN is_own THEN d.failed ELSE r.step_failed END AS failed,
            CASE
                WHEN is_own THEN d.reason
                WHEN NOT is_arrival THEN r.step_reason
            END AS reason,
            CASE
                WHEN is_own THEN d.occurred_at
                WHEN is_arrival THEN coalesce(r.submitted_at, r.recorded_at)
                ELSE coalesce(r.step_occurred_at, r.submitted_at, r.recorded_at)
            END AS occurred_at,
            CASE
                WHEN is_own THEN d.message_id
                WHEN is_arrival THEN r.message_id
                ELSE r.step_message_id
            END AS message_id,
            CASE WHEN is_own THEN d.addressee END AS addressee
    ) AS s;
