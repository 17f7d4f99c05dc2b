-- Of the devices for which attribution may now find otherwise keep those that have a loose event, with
-- those of the requests that have changed. Their earlier requests may lose events, or gain some:
-- delivery performance counts them anew.
WITH taken AS (
    DELETE FROM concerned_device RETURNING device_id
), affected AS (
    INSERT INTO concerned_device
    SELECT device_id
    FROM (
        SELECT device_id FROM taken
        UNION
        SELECT d.device_id FROM changed_request JOIN distribution AS d USING (request_key)
    ) AS concerned
    WHERE EXISTS (
        SELECT FROM event AS e WHERE e.device_id = concerned.device_id AND e.request_key IS NULL
    )
    RETURNING device_id
)
INSERT INTO stale_device SELECT device_id FROM affected
