-- Take the newest requests that are to be counted: those that changed, or else those that wait and were
-- counted long ago, the longer the older they are.
WITH due AS (
    DELETE FROM cause_due
    WHERE request_key IN (
        SELECT request_key FROM cause_due GROUP BY request_key ORDER BY request_key DESC LIMIT %(limit)s
    )
    RETURNING request_key
), waiting AS (
    SELECT c.request_key
    FROM cause_count AS c
    JOIN request AS r USING (request_key)
    WHERE NOT EXISTS (SELECT FROM due)
      AND c.has_waiting
      AND c.counted_at < %(now)s::timestamptz - greatest(
          %(rest)s::interval, (%(now)s::timestamptz - coalesce(r.submitted_at, r.recorded_at)) / 500
      )
    ORDER BY c.counted_at
    LIMIT %(limit)s
)
SELECT request_key FROM due
UNION
SELECT request_key FROM waiting
