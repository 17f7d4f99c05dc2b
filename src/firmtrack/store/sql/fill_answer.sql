-- The request itself says which variant it is; until it comes, an answer does. Should two answers
-- differ, the lesser counts, in whatever order they come.
UPDATE request AS r
SET variant = CASE WHEN r.message_id IS NULL THEN least(r.variant, answer.variant)
                   ELSE r.variant END,
    answered_at = least(r.answered_at, answer.answered_at)
FROM (VALUES (%s, %s::timestamptz, %s::bigint)) AS answer (variant, answered_at, request_key)
WHERE r.request_key = answer.request_key
