-- The incidents that concern nothing but what goes.
WITH portion AS MATERIALIZED (
    SELECT DISTINCT device_id
    FROM going_distribution
    WHERE device_id BETWEEN %(first)s AND %(last)s
), staying AS MATERIALIZED (
    SELECT t.device_id, t.tie
    FROM portion
    JOIN going_tie AS t USING (device_id)
    WHERE NOT EXISTS (
        SELECT
        FROM going_distribution AS g
        WHERE g.device_id = t.device_id AND g.request_key = t.request_key
    )
), of_device AS (
    DELETE FROM recorded_device_incident AS i
    USING portion
    WHERE i.device_id = portion.device_id AND i.occurred_at < %(kept_from)s
      AND NOT EXISTS (
          SELECT
          FROM staying AS s
          WHERE s.device_id = i.device_id
            AND s.tie = format('incident %%s %%s', i.message_id, i.kind)
      )
)
DELETE FROM recorded_request_incident AS i
USING portion
WHERE i.target = portion.device_id AND i.occurred_at < %(kept_from)s
  AND NOT EXISTS (
      SELECT
      FROM staying AS s
      WHERE s.device_id = i.target
        AND s.tie = format('incident %%s %%s', i.message_id, i.kind)
  )
  -- One of an update goes with its request.
  AND NOT EXISTS (
      SELECT
      FROM request AS r
      WHERE (r.originator, r.target, r.counter) = (i.originator, i.target, i.counter)
  )
