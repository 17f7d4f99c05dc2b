SELECT NULL::bigint AS device_id, r.request_key, r.step_message_id AS message_id
FROM request AS r
LEFT JOIN (
    SELECT DISTINCT ON (request_key) *
    FROM request_step
    ORDER BY request_key, stage DESC, occurred_at DESC, message_id DESC
) AS s USING (request_key)
WHERE (r.step_message_id, r.step_occurred_at, r.step_stage, r.step_failed, r.step_reason)
    IS DISTINCT FROM (s.message_id, s.occurred_at, coalesce(s.stage, 1::smallint),
        coalesce(s.failed, false), s.reason)
