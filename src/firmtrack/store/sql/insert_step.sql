WITH step AS (
    INSERT INTO request_step
        (request_key, message_id, occurred_at, recorded_at, stage, failed, reason)
    VALUES (%(request_key)s, %(message_id)s, %(occurred_at)s, now(), %(stage)s, %(failed)s,
        %(reason)s)
    RETURNING *
)
UPDATE request AS r
SET step_stage = CASE WHEN is_greater THEN step.stage ELSE r.step_stage END,
    step_failed = CASE WHEN is_greater THEN step.failed ELSE r.step_failed END,
    step_reason = CASE WHEN is_greater THEN step.reason ELSE r.step_reason END,
    step_occurred_at = CASE WHEN is_greater THEN step.occurred_at ELSE r.step_occurred_at END,
    step_message_id = CASE WHEN is_greater THEN step.message_id ELSE r.step_message_id END,
    named_at = least(r.named_at, step.occurred_at)
FROM step, LATERAL (
    SELECT now_r.step_message_id IS NULL
        OR (step.stage, step.occurred_at, step.message_id)
            > (now_r.step_stage, now_r.step_occurred_at, now_r.step_message_id) AS is_greater
    FROM request AS now_r
    WHERE now_r.request_key = step.request_key
) AS comparison
WHERE r.request_key = step.request_key
