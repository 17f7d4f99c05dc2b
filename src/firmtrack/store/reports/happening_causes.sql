-- The causes that the open incidents of the viewer's party have, the latest first.
SELECT i.cause_id, max(i.opened_at) AS opened_at
FROM party_incident AS i
WHERE {sees_of_party:i.party_id} AND i.is_own AND i.cause_id IS NOT NULL AND i.ended_at IS NULL
  AND i.merged_into IS NULL
GROUP BY i.cause_id
ORDER BY opened_at DESC, i.cause_id
LIMIT %(limit)s
