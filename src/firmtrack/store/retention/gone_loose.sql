-- The events that name no request and belong to what goes; of a device of which all goes, those that fit
-- none, too. Those that name one are seen no more once its distribution is gone, and go with the months.
WITH affected AS MATERIALIZED (
    SELECT DISTINCT device_id
    FROM going_distribution
    WHERE device_id BETWEEN %(first)s AND %(last)s
), gone AS (
    SELECT e.device_id, e.message_id, e.occurred_at
    FROM affected
    JOIN recorded_event AS e USING (device_id)
    LEFT JOIN LATERAL ({attributed_request.sql}) AS found ON true
    WHERE e.request_key IS NULL AND e.occurred_at < %(kept_from)s
      AND CASE
          WHEN found.request_key IS NULL THEN NOT EXISTS (
              SELECT
              FROM distribution AS d
              WHERE d.device_id = e.device_id
                AND NOT EXISTS (
                    SELECT
                    FROM going_distribution AS g
                    WHERE g.device_id = d.device_id AND g.request_key = d.request_key
                )
          )
          ELSE EXISTS (
              SELECT
              FROM going_distribution AS g
              WHERE g.device_id = e.device_id AND g.request_key = found.request_key
          )
      END
)
DELETE FROM recorded_event AS e
USING gone
WHERE e.device_id = gone.device_id AND e.message_id = gone.message_id
  AND e.occurred_at = gone.occurred_at AND e.occurred_at < %(kept_from)s
