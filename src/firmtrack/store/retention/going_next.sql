-- The last of the next so many devices of which something is to go, null if there is none.
SELECT max(device_id)
FROM (
    SELECT DISTINCT device_id
    FROM going_distribution
    WHERE device_id >= %(first)s
    ORDER BY device_id
    LIMIT %(devices)s
) AS next
