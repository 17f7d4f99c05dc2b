-- Take the newest of the requests that have changed since they were counted.
DELETE FROM cause_due
WHERE request_key IN (
    SELECT request_key FROM cause_due GROUP BY request_key ORDER BY request_key DESC LIMIT %(limit)s
)
RETURNING request_key
