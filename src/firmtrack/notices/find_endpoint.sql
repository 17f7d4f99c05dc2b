SELECT e.channel, p.name AS party
FROM notice_endpoint AS e
JOIN accounts_party AS p ON p.id = e.party_id
WHERE e.endpoint_id = %(endpoint_id)s
  AND e.removed_at IS NULL
  AND {sees_of_party:e.party_id}
FOR NO KEY UPDATE OF e
