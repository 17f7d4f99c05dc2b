-- What changes tell of the requests that they name: their IDs and versions, and of how many devices each is
-- that befell all of them.
WITH whole AS MATERIALIZED (
    SELECT request_key, count(*) AS devices
    FROM distribution
    WHERE request_key = ANY (%(whole)s::bigint[])
    GROUP BY request_key
)
SELECT r.request_key, r.originator, r.target, r.counter, r.firmware_version,
    coalesce(whole.devices, 0) AS device_count
FROM request AS r
LEFT JOIN whole USING (request_key)
WHERE r.request_key = ANY (%(request_keys)s::bigint[])
