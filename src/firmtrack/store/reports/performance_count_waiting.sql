-- How many of the visible requests have changed since they were counted.
SELECT count(*) AS requests
FROM performance_request(true, NULL, %(supplier)s, %(first_at)s, %(end_at)s) AS v
WHERE {sees:v.originator}
  AND (
      EXISTS (SELECT FROM stale_request AS s WHERE s.request_key = v.request_key)
      OR EXISTS (SELECT FROM uncounted_request AS u WHERE u.request_key = v.request_key)
      OR EXISTS (
          SELECT
          FROM stale_device AS s
          JOIN distribution AS d USING (device_id)
          WHERE d.request_key = v.request_key
      )
  )
