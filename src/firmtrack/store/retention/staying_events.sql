-- The events of the months that go which stay: those of distributions that do, and with them what is said
-- of their devices that fits none: it bears on their wait. Of a request that is known
-- not to be older than the months only a word that was withdrawn can be.
WITH staying AS MATERIALIZED (
    SELECT d.device_id, d.request_key
    FROM request AS r
    JOIN known_distribution AS d USING (request_key)
    WHERE coalesce(r.submitted_at < %(kept_from)s, true)
      AND NOT EXISTS (
          SELECT
          FROM going_distribution AS g
          WHERE g.device_id = d.device_id AND g.request_key = d.request_key
      )
    UNION
    SELECT d.device_id, d.request_key
    FROM withdrawal AS w
    JOIN recorded_event AS e ON e.message_id = w.message_id AND e.occurred_at < %(kept_from)s
    JOIN known_distribution AS d
        ON d.device_id = e.device_id AND d.request_key = e.request_key
    WHERE NOT EXISTS (
        SELECT
        FROM going_distribution AS g
        WHERE g.device_id = d.device_id AND g.request_key = d.request_key
    )
)
SELECT e.*
FROM recorded_event AS e
JOIN staying USING (device_id, request_key)
WHERE e.occurred_at < %(kept_from)s
UNION ALL
SELECT e.*
FROM (SELECT DISTINCT device_id FROM staying) AS affected
JOIN recorded_event AS e USING (device_id)
LEFT JOIN LATERAL ({attributed_request.sql}) AS found ON true
WHERE e.request_key IS NULL AND e.occurred_at < %(kept_from)s
  AND (
      found.request_key IS NULL
      OR EXISTS (
          SELECT
          FROM staying AS s
          WHERE s.device_id = e.device_id AND s.request_key = found.request_key
      )
  )
