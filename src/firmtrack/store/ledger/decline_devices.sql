-- Whether some requests refused their devices: whether the greatest event that names a request, for the
-- device, refuses it. Only those that were ever refused by name, or as a whole, need to be looked at. The
-- same rule: firmtrack.domain.attribution.is_refused_by.
WITH judged AS (
    SELECT d.device_id, d.request_key, least(r.whole_at, d.named_at) AS submitted_at,
        CASE
            WHEN d.refused THEN (
                SELECT e.stage = 2 AND e.failed
                FROM event AS e
                WHERE e.device_id = d.device_id AND e.request_key = d.request_key
                ORDER BY e.stage DESC, e.occurred_at DESC, e.message_id DESC
                LIMIT 1
            )
            ELSE r.step_stage = 2 AND r.step_failed AND NOT EXISTS (
                SELECT
                FROM event AS e
                WHERE e.device_id = d.device_id AND e.request_key = d.request_key AND e.stage >= 2
            )
        END AS declined
    FROM request AS r
    JOIN distribution AS d USING (request_key)
    WHERE r.request_key = ANY (%(request_keys)s)
      AND (d.refused OR d.declined OR (r.step_stage = 2 AND r.step_failed))
), moved AS (
    UPDATE distribution AS d
    SET declined = judged.declined
    FROM judged
    WHERE d.device_id = judged.device_id AND d.request_key = judged.request_key
      AND d.declined <> judged.declined
    RETURNING d.device_id, judged.submitted_at
)
INSERT INTO concerned_device (device_id, since)
SELECT device_id, coalesce(submitted_at, '-infinity') FROM moved
