-- The devices for which attribution may now find otherwise: of those whose pair with a request is new,
-- or otherwise named or refused than before, or whose request has changed, those that have a loose
-- event from since when the request is a candidate, now or then. Their earlier requests may lose
-- events, or gain some: delivery performance counts them anew. Return how many devices these are.
WITH taken AS (
    DELETE FROM concerned_device RETURNING device_id, since
), affected AS (
    INSERT INTO concerned_device AS c (device_id)
    SELECT DISTINCT device_id
    FROM (
        SELECT device_id, since FROM taken
        UNION ALL
        SELECT d.device_id, coalesce(least(r.whole_at, d.named_at), '-infinity')
        FROM new_name AS n
        JOIN loose_device USING (device_id)
        JOIN distribution AS d USING (device_id, request_key)
        JOIN request AS r USING (request_key)
        UNION ALL
        SELECT d.device_id,
            CASE
                WHEN before.whole_at IS NULL AND d.named_at IS NULL THEN '-infinity'
                ELSE least(before.whole_at, after.whole_at, d.named_at)
            END
        FROM changed_request AS before
        JOIN request AS after USING (request_key)
        JOIN distribution AS d USING (request_key)
        JOIN loose_device USING (device_id)
        WHERE NOT EXISTS (
            SELECT
            FROM new_name AS n
            WHERE n.device_id = d.device_id AND n.request_key = d.request_key
        )
    ) AS pair
    JOIN loose_device AS loose USING (device_id)
    WHERE loose.latest_at >= pair.since
    RETURNING c.device_id
), marked AS (
    INSERT INTO stale_device SELECT device_id FROM affected
)
SELECT count(*) FROM affected
