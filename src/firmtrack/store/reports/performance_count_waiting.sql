-- How many of the visible requests have changed since they were counted. Of the devices that have moved
-- at most so many are looked at: whoever counts soon turns them into requests. Where there are more,
-- it is at least so many.
WITH moved AS MATERIALIZED (
    SELECT device_id FROM stale_device LIMIT %(devices)s + 1
), changed AS (
    SELECT request_key FROM stale_request
    UNION
    SELECT request_key FROM uncounted_request
    UNION
    SELECT d.request_key
    FROM distribution AS d
    WHERE d.device_id = ANY (ARRAY(SELECT device_id FROM moved))
)
SELECT count(*) AS requests, (SELECT count(*) FROM moved) > %(devices)s AS is_at_least
FROM ({visible_requests.sql}) AS v
JOIN changed USING (request_key)
