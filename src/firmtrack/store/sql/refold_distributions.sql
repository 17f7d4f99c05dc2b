-- Fold all distributions of the next devices in the order of their keys anew from all their events,
-- loose ones as they belong now; return the last key, null if there is none.
WITH chosen AS MATERIALIZED (
    SELECT DISTINCT device_id
    FROM distribution
    WHERE device_id >= %(first)s
    ORDER BY device_id
    LIMIT %(limit)s
), attributed AS (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
        e.occurred_at, e.stage, e.failed, e.reason
    FROM chosen
    JOIN event AS e USING (device_id)
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version
    ) AS found ON true
), greatest AS (
    SELECT DISTINCT ON (device_id, request_key) *
    FROM attributed
    WHERE request_key IS NOT NULL
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
), refusal AS (
    SELECT DISTINCT e.device_id, e.request_key, true AS refused
    FROM chosen
    JOIN event AS e USING (device_id)
    WHERE e.stage = 2 AND e.failed AND e.request_key IS NOT NULL
), folded AS (
    UPDATE distribution AS d
    SET message_id = g.message_id,
        occurred_at = g.occurred_at,
        stage = coalesce(g.stage, 0),
        failed = coalesce(g.failed, false),
        reason = g.reason,
        refused = coalesce(f.refused, false)
    FROM chosen
    JOIN distribution AS held USING (device_id)
    LEFT JOIN greatest AS g USING (device_id, request_key)
    LEFT JOIN refusal AS f USING (device_id, request_key)
    WHERE d.device_id = held.device_id
      AND d.request_key = held.request_key
      AND (d.message_id, d.occurred_at, d.stage, d.failed, d.reason, d.refused)
          IS DISTINCT FROM (g.message_id, g.occurred_at, coalesce(g.stage, 0::smallint),
              coalesce(g.failed, false), g.reason, coalesce(f.refused, false))
)
SELECT max(device_id) FROM chosen
