SELECT channel
FROM notice_endpoint AS e
WHERE e.endpoint_id = %(endpoint_id)s
  AND e.removed_at IS NULL
  AND (%(sees_all)s OR e.party_id IN (
      SELECT party_id FROM accounts_partyuserid WHERE user_id = ANY (%(user_ids)s)
  ))
FOR NO KEY UPDATE
