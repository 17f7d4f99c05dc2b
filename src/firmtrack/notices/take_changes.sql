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
), taken AS (
    DELETE FROM status_change
    WHERE change_id IN (
        SELECT change_id FROM bounded WHERE place = 1 OR devices <= %(devices)s
    )
    RETURNING *
)
SELECT t.user_id, t.is_own, t.request_key, t.topic, t.reason, t.occurred_at, t.device_ids, t.details,
    coalesce(r.originator, t.originator) AS originator, r.target,
    coalesce(r.counter, t.counter) AS counter,
    r.firmware_version, m.kind,
    CASE
        WHEN t.device_ids IS NULL
            THEN (SELECT count(*) FROM distribution AS d WHERE d.request_key = t.request_key)
        ELSE cardinality(t.device_ids)
    END AS device_count
FROM taken AS t
LEFT JOIN request AS r USING (request_key)
LEFT JOIN message AS m ON m.message_id = t.message_id
ORDER BY t.change_id
