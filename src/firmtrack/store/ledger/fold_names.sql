-- What names the distributions of the devices concerned, from all that does: since when, and whether
-- the request refused the device. The same rule: firmtrack.domain.attribution.is_refused_by.
WITH named AS (
    UPDATE distribution AS d
    SET named_at = it.named_at,
        refused = it.refused,
        declined = it.declined
    FROM (
        SELECT held.device_id, held.request_key, n.named_at, coalesce(n.refused, false) AS refused,
            CASE
                WHEN n.refused THEN n.ends_refused
                ELSE r.step_stage = 2 AND r.step_failed AND coalesce(n.stage, 0) < 2
            END AS declined
        FROM (SELECT DISTINCT device_id FROM concerned_device) AS concerned
        JOIN distribution AS held USING (device_id)
        JOIN request AS r USING (request_key)
        LEFT JOIN LATERAL (
            SELECT min(e.occurred_at) AS named_at, max(e.stage) AS stage,
                bool_or(e.stage = 2 AND e.failed) AS refused,
                (array_agg(
                    e.stage = 2 AND e.failed
                    ORDER BY e.stage DESC, e.occurred_at DESC, e.message_id DESC
                ))[1] AS ends_refused
            FROM event AS e
            WHERE e.device_id = held.device_id AND e.request_key = held.request_key
        ) AS n ON true
    ) AS it
    WHERE d.device_id = it.device_id AND d.request_key = it.request_key
      AND (d.named_at, d.refused, d.declined)
          IS DISTINCT FROM (it.named_at, it.refused, it.declined)
    RETURNING d.request_key
)
INSERT INTO standing_due (request_key) SELECT DISTINCT request_key FROM named
