-- What the events that count report of some requests, where it is not known from others.
INSERT INTO recorded_request_naming (request_key, message_id, recorded_at, named_at, claimed_version)
SELECT reported.request_key, reported.message_id, %(moment)s, reported.occurred_at, reported.firmware_version
FROM unnest(%(request_keys)s::bigint[]) AS wanted (request_key)
CROSS JOIN LATERAL (
    (
        SELECT e.*
        FROM distribution AS d
        JOIN event AS e USING (device_id, request_key)
        WHERE d.request_key = wanted.request_key
        ORDER BY e.occurred_at
        LIMIT 1
    )
    UNION
    (
        SELECT e.*
        FROM distribution AS d
        JOIN event AS e USING (device_id, request_key)
        WHERE d.request_key = wanted.request_key AND e.firmware_version IS NOT NULL
        ORDER BY e.firmware_version COLLATE "C"
        LIMIT 1
    )
) AS reported
LEFT JOIN LATERAL (
    SELECT min(n.named_at) AS named_at, min(n.claimed_version COLLATE "C") AS claimed_version
    FROM request_naming AS n
    WHERE n.request_key = wanted.request_key
) AS known ON true
WHERE (reported.occurred_at < known.named_at) IS NOT FALSE
   OR reported.firmware_version IS NOT NULL
       AND (reported.firmware_version < known.claimed_version) IS NOT FALSE
ON CONFLICT DO NOTHING
