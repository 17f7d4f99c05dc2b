-- What the events that count report of some requests, where it is not known from others.
INSERT INTO recorded_request_naming (request_key, message_id, recorded_at, named_at, claimed_version)
SELECT reported.request_key, reported.message_id, %(moment)s, reported.occurred_at, reported.firmware_version
FROM (
    (
        SELECT DISTINCT ON (e.request_key) e.request_key, e.message_id, e.occurred_at,
            e.firmware_version
        FROM distribution AS d
        JOIN event AS e USING (device_id, request_key)
        WHERE d.request_key = ANY (%(request_keys)s::bigint[])
        ORDER BY e.request_key, e.occurred_at
    )
    UNION
    (
        SELECT DISTINCT ON (e.request_key) e.request_key, e.message_id, e.occurred_at,
            e.firmware_version
        FROM distribution AS d
        JOIN event AS e USING (device_id, request_key)
        WHERE d.request_key = ANY (%(request_keys)s::bigint[]) AND e.firmware_version IS NOT NULL
        ORDER BY e.request_key, e.firmware_version COLLATE "C"
    )
) AS reported
LEFT JOIN (
    SELECT request_key, min(named_at) AS named_at,
        min(claimed_version COLLATE "C") AS claimed_version
    FROM request_naming
    GROUP BY request_key
) AS known USING (request_key)
WHERE (reported.occurred_at < known.named_at) IS NOT FALSE
   OR reported.firmware_version IS NOT NULL
       AND (reported.firmware_version < known.claimed_version) IS NOT FALSE
ON CONFLICT DO NOTHING
