-- The newest requests that have changed since they were counted, below one that was looked at already.
SELECT request_key
FROM standing_due
WHERE %(below)s::bigint IS NULL OR request_key < %(below)s
GROUP BY request_key
ORDER BY request_key DESC
LIMIT %(limit)s
