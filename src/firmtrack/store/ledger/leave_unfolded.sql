-- If more devices than so many are concerned, leave them to be folded after the batch, in portions;
-- return whether they are.
WITH concerned AS MATERIALIZED (
    SELECT device_id FROM concerned_device
    UNION
    SELECT device_id FROM new_name
    UNION
    SELECT d.device_id FROM changed_request JOIN distribution AS d USING (request_key)
), counted AS MATERIALIZED (
    SELECT count(*) > %(most)s AS are_many FROM concerned
), unfolded AS (
    INSERT INTO unfolded_device (device_id, since)
    SELECT device_id, %(earliest)s::timestamptz
    FROM concerned, counted
    WHERE are_many
), left_out AS (
    DELETE FROM concerned_device USING counted WHERE are_many
)
SELECT are_many FROM counted
