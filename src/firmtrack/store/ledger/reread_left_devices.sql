-- Of the devices concerned keep those that a batch left to be folded after it.
DELETE FROM concerned_device AS c
WHERE NOT EXISTS (SELECT FROM unfolded_device AS u WHERE u.device_id = c.device_id)
