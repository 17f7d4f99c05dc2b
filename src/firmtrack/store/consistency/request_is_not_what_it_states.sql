WITH naming AS MATERIALIZED (
    SELECT request_key, min(occurred_at) AS named_at
    FROM event
    WHERE request_key IS NOT NULL
    GROUP BY request_key
)
SELECT NULL::bigint AS device_id, r.request_key, r.message_id
FROM request AS r
LEFT JOIN (
    SELECT DISTINCT ON (request_key) s.request_key, s.message_id, s.stated_version, s.image_hash,
        min(s.sent_at) OVER (PARTITION BY request_key) AS first_sent_at
    FROM request_statement AS s
    ORDER BY request_key, s.message_id
) AS claim USING (request_key)
LEFT JOIN (
    SELECT request_key, min(named_at) AS named_at
    FROM (
        SELECT request_key, named_at FROM naming
        UNION ALL
        -- What named it for devices whose updates have gone.
        SELECT n.request_key, n.named_at
        FROM request_naming AS n
        WHERE n.request_key IN (SELECT p.request_key FROM pruned_distribution AS p)
    ) AS named
    GROUP BY request_key
) AS n USING (request_key)
LEFT JOIN (
    SELECT request_key, min(occurred_at) AS stepped_at
    FROM (
        SELECT request_key, occurred_at FROM request_step
        UNION ALL
        SELECT request_key, i.occurred_at
        FROM request_incident AS i
        JOIN request USING (originator, target, counter)
    ) AS step
    GROUP BY request_key
) AS stepped USING (request_key)
WHERE (r.message_id, r.sent_at, r.stated_version, r.image_hash, r.stepped_at, r.submitted_at)
    IS DISTINCT FROM (claim.message_id, claim.first_sent_at, claim.stated_version,
        claim.image_hash, stepped.stepped_at,
        least(claim.first_sent_at, stepped.stepped_at, n.named_at))
