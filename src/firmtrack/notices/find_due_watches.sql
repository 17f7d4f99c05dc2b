-- The watches of devices and requests to be looked at: something was recorded of them, and others have had time to
-- come with it; or their time has come. A request is looked at once a minute at most.
SELECT w.watch_id
FROM watch AS w
WHERE w.cause_id IS NULL
  AND (
      w.due_at <= %(now)s
      OR w.watch_id IN (
          SELECT watch_id FROM watch_change WHERE recorded_at <= now() - %(grouping)s::interval
      ) AND (w.request_key IS NULL OR w.looked_at <= %(now)s - %(pause)s::interval)
  )
ORDER BY w.looked_at
LIMIT %(most)s
