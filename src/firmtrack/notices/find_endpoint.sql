SELECT channel
FROM notice_endpoint AS e
WHERE e.endpoint_id = %(endpoint_id)s
  AND e.removed_at IS NULL
  AND {sees_of_party:e.party_id}
FOR NO KEY UPDATE
