-- Recorded messages, the newest first: with whether they count, and how often they came again since
-- they were withdrawn.
SELECT m.message_id, m.kind, m.code, m.user_id, m.occurred_at, m.recorded_at, m.submitter, m.token,
    m.responder, m.response_counter, w.withdrawn_at, w.withdrawn_because
FROM message AS m
-- Asked of each message, and not joined: by an OFFSET.
LEFT JOIN LATERAL (
    SELECT message_id, withdrawn_at, withdrawn_because
    FROM withdrawal
    WHERE message_id = m.message_id AND restored_at IS NULL
    OFFSET 0
) AS w ON true
WHERE (%(submitter)s::text IS NULL OR m.submitter = %(submitter)s)
  AND (%(token)s::text IS NULL OR m.token = %(token)s)
  AND (%(since)s::timestamptz IS NULL OR m.recorded_at >= %(since)s)
  AND (%(message_ids)s::uuid[] IS NULL OR m.message_id = ANY (%(message_ids)s))
  AND (NOT %(withdrawn_only)s OR w.message_id IS NOT NULL)
ORDER BY m.recorded_at DESC, m.message_id
LIMIT %(limit)s
