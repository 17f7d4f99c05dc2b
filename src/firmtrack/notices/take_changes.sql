-- Take the oldest changes of these Users off the queue: so many that they name at most so many
-- devices, but at least one.
WITH oldest AS (
    SELECT change_id, cardinality(device_ids) AS devices
    FROM status_change
    WHERE user_id = ANY (%(users)s)
    ORDER BY change_id
    LIMIT %(devices)s
), bounded AS (
    SELECT change_id,
        row_number() OVER oldest_first AS place,
        sum(coalesce(devices, 1)) OVER oldest_first AS devices
    FROM oldest
    WINDOW oldest_first AS (ORDER BY change_id)
)
DELETE FROM status_change
WHERE change_id IN (SELECT change_id FROM bounded WHERE place = 1 OR devices <= %(devices)s)
RETURNING *
