-- How many of the visible requests have changed since they were counted.
SELECT count(*) AS requests
FROM performance_request(
    %(sees_all)s, %(user_ids)s, %(supplier)s, %(first_at)s, %(end_at)s
) AS v
WHERE EXISTS (SELECT FROM stale_request AS s WHERE s.request_key = v.request_key)
   OR EXISTS (SELECT FROM uncounted_request AS u WHERE u.request_key = v.request_key)
   OR EXISTS (
        SELECT
        FROM stale_device AS s
        JOIN distribution AS d USING (device_id)
        WHERE d.request_key = v.request_key
    )
