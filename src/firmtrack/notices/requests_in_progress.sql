-- The requests with devices in progress, if any party is notified of anything.
SELECT DISTINCT r.request_key, r.originator, r.target, r.counter
FROM performance_count AS c
JOIN request AS r USING (request_key)
WHERE c.completion = 'in_progress'
  AND EXISTS (SELECT FROM notice_subscriber)
ORDER BY r.request_key
