-- Of the devices concerned keep those that a batch left to be folded after it.
WITH unfolded AS MATERIALIZED (
    SELECT device_id FROM unfolded_device
)
DELETE FROM concerned_device AS c
WHERE NOT EXISTS (SELECT FROM unfolded AS u WHERE u.device_id = c.device_id)
