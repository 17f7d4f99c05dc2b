-- End the distributions of some requests that nothing names any more: no list of a request that
-- counts, and no event.
WITH ended AS (
    DELETE FROM distribution AS d
    WHERE d.request_key = ANY (%(request_keys)s)
      AND NOT EXISTS (
          SELECT
          FROM counted_name AS n
          WHERE n.device_id = d.device_id AND n.request_key = d.request_key
      )
      AND NOT EXISTS (
          SELECT
          FROM event AS e
          WHERE e.device_id = d.device_id AND e.request_key = d.request_key
      )
    RETURNING d.device_id, d.request_key, d.recorded_at
)
INSERT INTO distribution_history (device_id, request_key, recorded_at, ended_at)
SELECT device_id, request_key, recorded_at, %(moment)s
FROM ended
