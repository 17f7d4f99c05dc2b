-- How updates stood at a moment. The same rules: fold_devices.sql of the ledger, and the view
-- current_distribution.
SELECT d.device_id, d.request_key, r.originator, r.target, r.counter, r.variant,
    r.firmware_version, r.image_hash, coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
    s.stage, s.failed, s.reason, s.occurred_at, s.addressee, d.refused,
    CASE
        WHEN s.failed THEN 'failed'
        WHEN s.stage = 6 AND r.variant IS DISTINCT FROM '11.4' THEN 'successful'
        WHEN s.stage = 7 AND r.variant IS DISTINCT FROM '11.1' THEN 'successful'
        ELSE 'in_progress'
    END AS completion
FROM {distribution} AS d
JOIN request AS r USING (request_key)
LEFT JOIN LATERAL (
    -- The first that belongs to the request, of the loose events that are greater. Each is there once anyway:
    -- that keeps them in their order, so that none after that one is looked at.
    SELECT e.*
    FROM (
        SELECT DISTINCT ON (e.device_id, e.stage, e.occurred_at, e.message_id) e.*
        FROM {event} AS e
        WHERE e.device_id = d.device_id AND e.request_key IS NULL
          AND e.occurred_at >= coalesce(d.submitted_at, '-infinity')
          AND (
              d.message_id IS NULL
              OR (e.stage, e.occurred_at, e.message_id)
                  > (d.stage, d.occurred_at, d.message_id)
          )
        ORDER BY e.device_id, e.stage DESC, e.occurred_at DESC, e.message_id DESC
    ) AS e
    CROSS JOIN LATERAL ({attributed}) AS found
    WHERE found.request_key = d.request_key
    ORDER BY e.stage DESC, e.occurred_at DESC, e.message_id DESC
    LIMIT 1
) AS loose ON true
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN loose.message_id IS NULL THEN coalesce(d.stage, 0::smallint) ELSE loose.stage
            END AS stage,
        CASE WHEN loose.message_id IS NULL THEN coalesce(d.failed, false) ELSE loose.failed
            END AS failed,
        CASE WHEN loose.message_id IS NULL THEN d.reason ELSE loose.reason END AS reason,
        CASE WHEN loose.message_id IS NULL THEN d.occurred_at ELSE loose.occurred_at
            END AS occurred_at,
        CASE WHEN loose.message_id IS NULL THEN d.addressee ELSE loose.addressee
            END AS addressee
) AS own
CROSS JOIN LATERAL (
    SELECT
        d.refused OR own.stage >= r.step_stage AS is_own,
        -- The request's own arrival says that it was received, as a step may: the latest counts.
        r.step_stage = 1 AND r.message_id IS NOT NULL AND (
            r.step_message_id IS NULL
            OR (r.submitted_at, r.message_id) > (r.step_occurred_at, r.step_message_id)
        ) AS is_arrival
) AS o
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN is_own THEN own.stage ELSE r.step_stage END AS stage,
        CASE WHEN is_own THEN own.failed ELSE r.step_failed END AS failed,
        CASE
            WHEN is_own THEN own.reason
            WHEN NOT is_arrival THEN r.step_reason
        END AS reason,
        CASE
            WHEN is_own THEN own.occurred_at
            WHEN is_arrival THEN coalesce(r.submitted_at, r.recorded_at)
            ELSE coalesce(r.step_occurred_at, r.submitted_at, r.recorded_at)
        END AS occurred_at,
        CASE WHEN is_own THEN own.addressee END AS addressee
) AS s
