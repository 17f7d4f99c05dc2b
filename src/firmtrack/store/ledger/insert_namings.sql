-- What the batch's events report of the requests that they name, where it lowers what is known, or what
-- was known when the batch began: what lowers it more may be from later, by who began later. Of the
-- batch's own messages the earliest counts, and the one with the least version.
INSERT INTO recorded_request_naming (request_key, message_id, recorded_at, named_at, claimed_version)
SELECT named.request_key, named.message_id, now(), named.named_at, named.claimed_version
FROM (
    SELECT *,
        row_number() OVER (PARTITION BY request_key ORDER BY named_at, message_id) AS place_by_time,
        row_number() OVER (PARTITION BY request_key ORDER BY claimed_version, message_id)
            AS place_by_version
    FROM (
        SELECT request_key, message_id, min(occurred_at) AS named_at,
            min(firmware_version COLLATE "C") AS claimed_version
        FROM staged_event
        WHERE request_key IS NOT NULL
        GROUP BY request_key, message_id
    ) AS naming
) AS named
JOIN request AS r USING (request_key)
WHERE (
        place_by_time = 1
        OR place_by_version = 1 AND named.claimed_version IS NOT NULL
    )
  AND (
        r.named_at IS NULL OR named.named_at < r.named_at
        OR r.claimed_version IS NULL AND named.claimed_version IS NOT NULL
        OR named.claimed_version < r.claimed_version
        OR EXISTS (
            SELECT
            FROM recorded_request_naming AS later
            WHERE later.request_key = named.request_key AND later.recorded_at > now()
        )
    )
