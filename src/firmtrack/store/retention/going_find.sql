-- The distributions that have ended of requests of which all words are older. What else may keep them is
-- asked of these alone. A distribution whose events wait to be folded stands otherwise than they say.
WITH old AS MATERIALIZED (
    SELECT r.request_key, r.whole_at
    FROM request AS r
    WHERE coalesce(r.submitted_at, r.recorded_at) < %(kept_from)s
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
), ended AS (
    SELECT c.device_id, c.request_key, c.completion, least(old.whole_at, d.named_at) AS tied_at,
        d.declined
    FROM old
    JOIN current_distribution AS c USING (request_key)
    JOIN distribution AS d USING (device_id, request_key)
    WHERE c.completion <> 'in_progress' AND c.occurred_at < %(kept_from)s
    UNION
    SELECT h.device_id, h.request_key, NULL, NULL, true
    FROM old
    JOIN distribution_history AS h USING (request_key)
    WHERE NOT EXISTS (
        SELECT
        FROM distribution AS d
        WHERE d.device_id = h.device_id AND d.request_key = h.request_key
    )
)
INSERT INTO going_distribution (device_id, request_key, completion, tied_at, declined)
SELECT device_id, request_key, completion, tied_at, declined
FROM ended
WHERE NOT EXISTS (SELECT FROM unfolded_device AS u WHERE u.device_id = ended.device_id)
