-- An endpoint that has something to be sent and may be called now; no one else has its queue.
SELECT e.endpoint_id, e.party_id, e.channel, e.address, e.secret,
    CASE WHEN e.earlier_secret_until > now() THEN e.earlier_secret END, q.failures
FROM endpoint_queue AS q
JOIN notice_endpoint AS e USING (endpoint_id)
WHERE q.due_at <= now()
  AND (NOT %(is_healthy)s OR q.failures = 0)
  AND e.disabled_at IS NULL AND e.removed_at IS NULL
  AND EXISTS (
      SELECT
      FROM (
          SELECT waits_since FROM notice AS n
          WHERE n.endpoint_id = q.endpoint_id AND n.state = 'waiting'
          ORDER BY sequence
          LIMIT 1
      ) AS oldest
      WHERE e.channel <> 'email' OR oldest.waits_since <= now() - %(digest)s
  )
ORDER BY q.due_at
LIMIT 1
FOR NO KEY UPDATE OF q SKIP LOCKED
