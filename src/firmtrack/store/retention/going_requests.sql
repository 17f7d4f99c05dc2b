-- The requests of which no distribution is left, and no word that is kept, by their IDs: of some, or of all.
WITH old AS MATERIALIZED (
    SELECT r.request_key, r.originator, r.target, r.counter
    FROM request AS r
    WHERE coalesce(r.submitted_at, r.recorded_at) < %(kept_from)s
      AND (%(among)s::bigint[] IS NULL OR r.request_key = ANY (%(among)s))
      AND r.request_key <> ALL (%(but)s::bigint[])
      AND r.request_key NOT IN (
          SELECT s.request_key FROM recorded_request_step AS s WHERE s.occurred_at >= %(kept_from)s
      )
      AND (r.originator, r.target, r.counter) NOT IN (
          SELECT i.originator, i.target, i.counter
          FROM recorded_request_incident AS i
          WHERE i.occurred_at >= %(kept_from)s
      )
), left_over AS MATERIALIZED (
    SELECT DISTINCT request_key
    FROM known_distribution
    WHERE request_key = ANY (ARRAY(SELECT request_key FROM old))
    UNION
    SELECT request_key FROM touched_fact WHERE request_key IS NOT NULL
)
SELECT request_key
FROM old
WHERE request_key NOT IN (SELECT request_key FROM left_over)
ORDER BY originator, target, counter
