-- Turn some stale devices into stale requests: all that name them.
WITH taken AS (
    DELETE FROM stale_device
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM stale_device LIMIT %(limit)s))
    RETURNING device_id
), marked AS (
    INSERT INTO stale_request
    SELECT DISTINCT d.request_key
    FROM taken
    JOIN distribution AS d USING (device_id)
)
SELECT count(*) FROM taken
