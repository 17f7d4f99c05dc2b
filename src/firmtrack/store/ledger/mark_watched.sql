-- Note that something was recorded of what people watch: of the devices that the batch's events are about or that
-- attribution concerns, of the requests that it changes, and of what is beside these.
WITH moved AS (
    SELECT device_id FROM staged_event
    UNION
    SELECT device_id FROM concerned_device
)
INSERT INTO watch_change (watch_id)
SELECT w.watch_id
FROM watch AS w
WHERE w.device_id IN (SELECT device_id FROM moved)
UNION
SELECT w.watch_id
FROM watch AS w
JOIN distribution AS d ON d.device_id = w.device_id AND d.request_key = ANY (%(request_keys)s)
UNION
SELECT w.watch_id
FROM watch AS w
WHERE w.request_key = ANY (%(request_keys)s)
UNION
SELECT w.watch_id
FROM watch AS w
WHERE w.request_key IN (
    SELECT d.request_key
    FROM moved
    JOIN distribution AS d USING (device_id)
    WHERE d.request_key = ANY (ARRAY(SELECT request_key FROM watch WHERE request_key IS NOT NULL))
)
