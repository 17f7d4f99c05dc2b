UPDATE request AS r
SET variant = coalesce(r.variant, answer.variant),
    answered_at = least(r.answered_at, answer.answered_at)
FROM (VALUES (%s, %s::timestamptz, %s::bigint)) AS answer (variant, answered_at, request_key)
WHERE r.request_key = answer.request_key
