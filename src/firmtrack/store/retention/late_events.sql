-- What was recorded of older than the months that stay since it was copied, of what stays.
WITH late AS MATERIALIZED (
    SELECT DISTINCT device_id
    FROM touched_fact
    WHERE message_id IS NOT NULL AND device_id IS NOT NULL
)
INSERT INTO {fresh}
SELECT e.*
FROM late
JOIN recorded_event AS e USING (device_id)
WHERE e.occurred_at < %(end)s
  AND (
      e.occurred_at >= %(kept_from)s
      OR e.request_key IS NULL AND EXISTS (
          SELECT FROM distribution AS d WHERE d.device_id = e.device_id
      )
      OR EXISTS (
          SELECT
          FROM known_distribution AS d
          WHERE d.device_id = e.device_id AND d.request_key = e.request_key
      )
  )
ON CONFLICT DO NOTHING
