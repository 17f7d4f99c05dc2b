-- Fold anew, from all its events, every distribution of the devices concerned, and mark their requests.
WITH affected AS MATERIALIZED (
    SELECT DISTINCT device_id FROM concerned_device
), attributed AS (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
        e.occurred_at, e.stage, e.failed, e.reason, e.addressee
    FROM affected
    JOIN event AS e USING (device_id)
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version, e.addressee
    ) AS found ON true
), greatest AS (
    SELECT DISTINCT ON (device_id, request_key) *
    FROM attributed
    WHERE request_key IS NOT NULL
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
), moved AS (
    UPDATE distribution AS d
    SET message_id = g.message_id,
        occurred_at = g.occurred_at,
        stage = coalesce(g.stage, 0),
        failed = coalesce(g.failed, false),
        reason = g.reason,
        addressee = g.addressee
    FROM affected
    JOIN distribution AS held USING (device_id)
    LEFT JOIN greatest AS g USING (device_id, request_key)
    WHERE d.device_id = held.device_id
      AND d.request_key = held.request_key
      AND (d.message_id, d.occurred_at, d.stage, d.failed, d.reason, d.addressee)
          IS DISTINCT FROM (g.message_id, g.occurred_at, coalesce(g.stage, 0::smallint),
              coalesce(g.failed, false), g.reason, g.addressee)
    RETURNING d.request_key
)
INSERT INTO standing_due (request_key) SELECT DISTINCT request_key FROM moved
