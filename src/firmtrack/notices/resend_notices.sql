UPDATE notice AS n
SET state = 'waiting', settled_at = NULL, waits_since = now()
FROM notice_endpoint AS e
WHERE e.endpoint_id = n.endpoint_id
  AND n.state = 'dead'
  AND e.disabled_at IS NULL AND e.removed_at IS NULL
  AND (%(notice_ids)s::uuid[] IS NULL OR n.notice_id = ANY (%(notice_ids)s))
  AND {sees_of_party:e.party_id}
  -- Of a User ID that the party had it is told nothing more.
  AND (n.user_id IS NULL OR EXISTS (
      SELECT FROM notice_subscriber AS s WHERE s.party_id = e.party_id AND s.user_id = n.user_id
  ))
