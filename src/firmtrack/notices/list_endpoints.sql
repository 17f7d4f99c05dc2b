SELECT e.endpoint_id, p.name AS party, e.channel, e.address, e.topics, e.created_at, e.disabled_at,
    e.disabled_reason,
    CASE WHEN e.earlier_secret_until > now() THEN e.earlier_secret_until END AS earlier_secret_until,
    q.failures, counted.waiting, counted.dead, latest.settled_at AS last_delivered_at
FROM notice_endpoint AS e
JOIN accounts_party AS p ON p.id = e.party_id
JOIN endpoint_queue AS q USING (endpoint_id)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
        count(*) FILTER (WHERE state = 'dead') AS dead
    FROM notice AS n
    WHERE n.endpoint_id = e.endpoint_id AND n.state IN ('waiting', 'dead')
) AS counted
LEFT JOIN LATERAL (
    SELECT settled_at
    FROM notice AS n
    WHERE n.endpoint_id = e.endpoint_id AND n.state = 'delivered'
    ORDER BY sequence DESC
    LIMIT 1
) AS latest ON true
WHERE e.removed_at IS NULL
  AND (%(endpoint_id)s::bigint IS NULL OR e.endpoint_id = %(endpoint_id)s)
  AND {sees_of_party:e.party_id}
ORDER BY e.endpoint_id
