-- Of the devices that were taken to be folded concerned are those with a loose event since then.
WITH affected AS (
    INSERT INTO concerned_device AS c (device_id)
    SELECT DISTINCT e.device_id
    FROM unnest(%(devices)s::bigint[], %(since)s::timestamptz[]) AS taken (device_id, since)
    JOIN event AS e USING (device_id)
    WHERE e.request_key IS NULL AND e.occurred_at >= taken.since
    RETURNING c.device_id
)
INSERT INTO stale_device SELECT device_id FROM affected
