SELECT d.device_id, d.request_key, d.message_id
FROM distribution AS d
JOIN request AS r USING (request_key)
LEFT JOIN (
    SELECT device_id, request_key, min(occurred_at) AS named_at, max(stage) AS stage,
        bool_or(stage = 2 AND failed) AS refused,
        (array_agg(stage = 2 AND failed ORDER BY stage DESC, occurred_at DESC, message_id DESC))[1]
            AS ends_refused
    FROM event
    WHERE request_key IS NOT NULL
    GROUP BY device_id, request_key
) AS n ON n.device_id = d.device_id AND n.request_key = d.request_key
WHERE (least(r.whole_at, d.named_at), d.refused, d.declined)
    IS DISTINCT FROM (
        least(r.whole_at, n.named_at),
        coalesce(n.refused, false),
        CASE
            WHEN n.refused THEN n.ends_refused
            ELSE r.step_stage = 2 AND r.step_failed AND coalesce(n.stage, 0) < 2
        END
    )
