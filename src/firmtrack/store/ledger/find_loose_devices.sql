-- Of the devices for which attribution may now find otherwise find those that have a loose event, and
-- when each had its latest.
INSERT INTO loose_device (device_id, latest_at)
SELECT device_id, max(e.occurred_at)
FROM (
    SELECT device_id FROM concerned_device
    UNION
    SELECT device_id FROM new_name
    UNION
    SELECT d.device_id FROM changed_request JOIN distribution AS d USING (request_key)
) AS concerned
JOIN event AS e USING (device_id)
WHERE e.request_key IS NULL
GROUP BY device_id
