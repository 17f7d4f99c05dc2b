-- The requests with updates that wait which were counted long ago: the longer, the older they are.
SELECT c.request_key
FROM cause_count AS c
JOIN request AS r USING (request_key)
WHERE c.has_waiting
  AND c.counted_at < %(now)s::timestamptz - greatest(
      %(rest)s::interval, (%(now)s::timestamptz - coalesce(r.submitted_at, r.recorded_at)) / 500
  )
ORDER BY c.counted_at
LIMIT %(limit)s
