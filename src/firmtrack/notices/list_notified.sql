-- The notices about a device's distributions, newest first: as they stood at a past moment, or as
-- they stand.
WITH about AS (
    SELECT *
    FROM notice
    WHERE service_request_id = ANY (%(request_ids)s)
      AND (device_ids IS NULL OR device_ids @> ARRAY[%(device_id)s::bigint])
    UNION ALL
    SELECT *
    FROM notice
    WHERE service_request_id IS NULL AND device_ids @> ARRAY[%(device_id)s::bigint]
)
SELECT p.name AS party, e.channel, n.topic, n.reason, n.service_request_id, n.created_at, at.state,
    CASE WHEN at.state <> 'waiting' THEN n.settled_at END AS settled_at,
    ARRAY(SELECT u.user_id FROM accounts_partyuserid AS u WHERE u.party_id = p.id) AS user_ids
FROM about AS n
JOIN notice_endpoint AS e USING (endpoint_id)
JOIN accounts_party AS p ON p.id = e.party_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN n.settled_at > %(as_of)s::timestamptz THEN 'waiting' ELSE n.state END AS state
) AS at
WHERE {sees_of_party:e.party_id}
  AND n.topic = ANY (%(topics)s)
  AND (%(as_of)s::timestamptz IS NULL OR n.created_at <= %(as_of)s)
ORDER BY n.sequence DESC
LIMIT %(limit)s
