-- Of the devices that were taken to be folded keep those with a loose event since then. Each is looked
-- at where it is: a list of them would be looked through by every shard.
WITH others AS (
    DELETE FROM concerned_device AS c
    WHERE (
        (
            SELECT max(e.occurred_at)
            FROM event AS e
            WHERE e.device_id = c.device_id AND e.request_key IS NULL
        ) >= c.since
    ) IS NOT TRUE
    RETURNING c.device_id
)
INSERT INTO stale_device
SELECT DISTINCT device_id
FROM unnest(%(devices)s::bigint[]) AS taken (device_id)
WHERE device_id NOT IN (SELECT device_id FROM others)
