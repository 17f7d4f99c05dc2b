-- The next devices in the order of their keys, into concerned_device; return the last of them, null
-- if there is none.
WITH chosen AS (
    INSERT INTO concerned_device AS c (device_id)
    SELECT DISTINCT device_id
    FROM distribution
    WHERE device_id >= %(first)s
    ORDER BY device_id
    LIMIT %(limit)s
    RETURNING c.device_id
)
SELECT max(device_id) FROM chosen
