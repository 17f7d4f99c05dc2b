-- Fold anew, from all its events, every distribution of the devices concerned, and mark their requests.
WITH moved AS (
    UPDATE distribution AS d
    SET message_id = it.message_id,
        occurred_at = it.occurred_at,
        stage = it.stage,
        failed = it.failed,
        reason = it.reason,
        addressee = it.addressee
    FROM (
        SELECT held.device_id, held.request_key, g.message_id, g.occurred_at,
            coalesce(g.stage, 0::smallint) AS stage, coalesce(g.failed, false) AS failed, g.reason,
            g.addressee
        FROM (SELECT DISTINCT device_id FROM concerned_device) AS concerned
        JOIN distribution AS held USING (device_id)
        LEFT JOIN (
            SELECT DISTINCT ON (device_id, request_key) *
            FROM (
                SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key,
                    e.message_id, e.occurred_at, e.stage, e.failed, e.reason, e.addressee
                FROM (SELECT DISTINCT device_id FROM concerned_device) AS concerned
                JOIN event AS e USING (device_id)
                LEFT JOIN LATERAL ({attributed_request.sql}) AS found ON true
            ) AS attributed
            WHERE request_key IS NOT NULL
            ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
        ) AS g USING (device_id, request_key)
    ) AS it
    WHERE d.device_id = it.device_id
      AND d.request_key = it.request_key
      AND (d.message_id, d.occurred_at, d.stage, d.failed, d.reason, d.addressee)
          IS DISTINCT FROM (it.message_id, it.occurred_at, it.stage, it.failed, it.reason,
              it.addressee)
    RETURNING d.request_key
)
INSERT INTO standing_due (request_key) SELECT DISTINCT request_key FROM moved
