-- A queue that has something to be sent and may be called now, by a channel that is known here; no one
-- else has it. By some channels the oldest notice waits for others first.
SELECT e.endpoint_id, e.party_id, e.channel, coalesce(u.email, e.address) AS address,
    q.failures,
    array_remove(
        ARRAY[e.secret, CASE WHEN e.earlier_secret_until > now() THEN e.earlier_secret END], NULL
    ) AS secrets
FROM endpoint_queue AS q
JOIN notice_endpoint AS e USING (endpoint_id)
LEFT JOIN accounts_user AS u ON u.id = e.person_id
JOIN unnest(%(channels)s::text[], %(delays)s::interval[]) AS c (channel, delay) USING (channel)
WHERE q.due_at <= now()
  AND (NOT %(is_healthy)s OR q.failures = 0)
  AND e.disabled_at IS NULL AND e.removed_at IS NULL
  -- A person is told only while they may sign in, and are of the party whose things these are.
  AND (e.person_id IS NULL OR u.is_active AND u.party_id = e.person_party_id)
  AND EXISTS (
      SELECT
      FROM (
          SELECT waits_since FROM notice AS n
          WHERE n.endpoint_id = q.endpoint_id AND n.state = 'waiting'
          ORDER BY sequence
          LIMIT 1
      ) AS oldest
      WHERE c.delay = interval '0' OR oldest.waits_since <= now() - c.delay
  )
ORDER BY q.due_at
LIMIT 1
FOR NO KEY UPDATE OF q SKIP LOCKED
