UPDATE notice AS n
SET state = 'waiting', settled_at = NULL, waits_since = now()
FROM notice_endpoint AS e
WHERE e.endpoint_id = n.endpoint_id
  AND n.state = 'dead'
  AND e.disabled_at IS NULL AND e.removed_at IS NULL
  AND (%(notice_ids)s::uuid[] IS NULL OR n.notice_id = ANY (%(notice_ids)s))
  AND (%(sees_all)s OR e.party_id IN (
      SELECT party_id FROM accounts_partyuserid WHERE user_id = ANY (%(user_ids)s)
  ))
