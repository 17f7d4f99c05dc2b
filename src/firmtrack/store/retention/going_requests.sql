-- The next requests of which no distribution is left, and no word that is kept, by their IDs.
SELECT r.request_key
FROM request AS r
WHERE coalesce(r.submitted_at, r.recorded_at) < %(kept_from)s
  AND NOT EXISTS (SELECT FROM distribution AS d WHERE d.request_key = r.request_key)
  AND NOT EXISTS (SELECT FROM distribution_history AS h WHERE h.request_key = r.request_key)
  AND NOT EXISTS (SELECT FROM touched_fact AS t WHERE t.request_key = r.request_key)
  AND NOT EXISTS (
      SELECT
      FROM recorded_request_step AS s
      WHERE s.request_key = r.request_key AND s.occurred_at >= %(kept_from)s
  )
  AND NOT EXISTS (
      SELECT
      FROM recorded_request_incident AS i
      WHERE (i.originator, i.target, i.counter) = (r.originator, r.target, r.counter)
        AND i.occurred_at >= %(kept_from)s
  )
  AND r.request_key <> ALL (%(but)s::bigint[])
ORDER BY r.originator, r.target, r.counter
LIMIT %(requests)s
