-- Leave the devices concerned to be folded after the batch, in portions.
WITH left_out AS (
    DELETE FROM concerned_device RETURNING device_id, since
)
INSERT INTO unfolded_device (device_id, since)
SELECT device_id, since FROM left_out
