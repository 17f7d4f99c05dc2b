-- The requests as they were known: the request itself if it had come, and what its steps, its answers
-- and, while nothing else told its time and version, the events that name it had said by then.
INSERT INTO request (request_key, originator, target, counter, message_id, recorded_at, sent_at,
    answered_at, named_at, step_occurred_at, step_message_id, step_stage, step_failed, step_reason,
    variant, stated_version, claimed_version, image_hash, image)
SELECT
    r.request_key, r.originator, r.target, r.counter,
    CASE WHEN has_come THEN r.message_id END,
    r.recorded_at,
    CASE WHEN has_come THEN r.sent_at END,
    steps.answered_at,
    least(steps.first_at, named.first_at),
    latest.occurred_at, latest.message_id, coalesce(latest.stage, 1),
    coalesce(latest.failed, false), latest.reason,
    CASE WHEN has_come OR steps.answered_at IS NOT NULL THEN r.variant END,
    CASE WHEN has_come THEN r.stated_version END,
    named.firmware_version,
    CASE WHEN has_come THEN r.image_hash END,
    CASE WHEN has_come THEN r.image END
FROM past_scope_request
JOIN public.request AS r USING (request_key)
LEFT JOIN message AS m ON m.message_id = r.message_id
CROSS JOIN LATERAL (SELECT coalesce(m.recorded_at <= %(moment)s, false) AS has_come) AS arrival
CROSS JOIN LATERAL (
    SELECT min(s.occurred_at) AS first_at,
        min(s.occurred_at) FILTER (WHERE told.kind = %(response_kind)s) AS answered_at
    FROM request_step AS s
    JOIN message AS told USING (message_id)
    WHERE s.request_key = r.request_key
) AS steps
LEFT JOIN LATERAL (
    SELECT s.*
    FROM request_step AS s
    WHERE s.request_key = r.request_key
    ORDER BY s.stage DESC, s.occurred_at DESC, s.message_id DESC
    LIMIT 1
) AS latest ON true
CROSS JOIN LATERAL (
    SELECT min(e.occurred_at) AS first_at, min(e.firmware_version) AS firmware_version
    FROM public.distribution AS d
    JOIN public.event AS e USING (device_id, request_key)
    WHERE d.request_key = r.request_key
      AND e.recorded_at <= %(moment)s
      AND NOT (has_come AND coalesce(r.sent_at, steps.answered_at) IS NOT NULL)
) AS named
