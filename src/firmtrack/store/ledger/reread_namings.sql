-- What the events that count report of some requests, in the order in which they came: those that
-- lowered what was known by then, while that could matter.
WITH named AS (
    SELECT e.request_key, e.message_id, min(e.recorded_at) AS recorded_at,
        min(e.occurred_at) AS named_at, min(e.firmware_version COLLATE "C") AS claimed_version
    FROM unnest(%(request_keys)s::bigint[]) AS wanted (request_key)
    JOIN request AS r USING (request_key)
    LEFT JOIN LATERAL (
        SELECT min(s.recorded_at) AS recorded_at
        FROM request_statement AS s
        WHERE s.request_key = r.request_key
    ) AS sent ON true
    JOIN distribution AS d USING (request_key)
    JOIN event AS e USING (device_id, request_key)
    WHERE r.whole_at IS NULL OR e.occurred_at < r.whole_at
       OR sent.recorded_at IS NULL OR e.recorded_at <= sent.recorded_at
    GROUP BY e.request_key, e.message_id
), compared AS (
    SELECT *,
        min(named_at) OVER before AS earlier_at,
        min(claimed_version COLLATE "C") OVER before AS lesser_version
    FROM named
    WINDOW before AS (
        PARTITION BY request_key ORDER BY recorded_at, message_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
)
INSERT INTO recorded_request_naming (request_key, message_id, recorded_at, named_at, claimed_version)
SELECT request_key, message_id, recorded_at, named_at, claimed_version
FROM compared
WHERE earlier_at IS NULL OR named_at < earlier_at
   OR lesser_version IS NULL AND claimed_version IS NOT NULL
   OR claimed_version COLLATE "C" < lesser_version
ON CONFLICT DO NOTHING
