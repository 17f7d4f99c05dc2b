-- The requests have changed: fold anew, from all its events, every distribution of each device that
-- has a loose event and that the change concerns.
WITH concerned AS (
    SELECT device_id FROM newly_named
    UNION
    SELECT d.device_id FROM changed_request JOIN distribution AS d USING (request_key)
), affected AS MATERIALIZED (
    SELECT device_id
    FROM concerned
    WHERE EXISTS (
        SELECT FROM event AS e WHERE e.device_id = concerned.device_id AND e.request_key IS NULL
    )
), marked AS (
    -- Their earlier requests may lose words, or gain some: delivery performance counts them anew.
    INSERT INTO stale_device SELECT device_id FROM affected
), attributed AS (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
        e.occurred_at, e.stage, e.failed, e.reason
    FROM affected
    JOIN event AS e USING (device_id)
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version
    ) AS found ON true
), greatest AS (
    SELECT DISTINCT ON (device_id, request_key)
        device_id, request_key, message_id, occurred_at, stage, failed, reason
    FROM attributed
    WHERE request_key IS NOT NULL
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
)
UPDATE distribution AS d
SET message_id = g.message_id,
    occurred_at = g.occurred_at,
    stage = coalesce(g.stage, 0),
    failed = coalesce(g.failed, false),
    reason = g.reason
FROM affected
JOIN distribution AS held USING (device_id)
LEFT JOIN greatest AS g USING (device_id, request_key)
WHERE d.device_id = held.device_id
  AND d.request_key = held.request_key
  AND d.message_id IS DISTINCT FROM g.message_id
