-- When the batch's events name requests for single devices, where that is before all that is known of
-- the request as a whole. A device whose request had no time at all until now might have had any event.
WITH named AS (
    UPDATE distribution AS d
    SET named_at = reported.named_at
    FROM (
        SELECT device_id, request_key, min(occurred_at) AS named_at
        FROM staged_event
        WHERE request_key IS NOT NULL
        GROUP BY device_id, request_key
    ) AS reported
    JOIN request AS r USING (request_key)
    JOIN distribution AS held USING (device_id, request_key)
    WHERE d.device_id = reported.device_id AND d.request_key = reported.request_key
      AND (r.whole_at IS NULL OR reported.named_at < r.whole_at)
      AND (held.named_at IS NULL OR reported.named_at < held.named_at)
    RETURNING d.device_id, d.request_key, reported.named_at,
        r.whole_at IS NULL AND held.named_at IS NULL AS had_no_time
)
INSERT INTO concerned_device (device_id, since)
SELECT device_id, CASE WHEN had_no_time THEN '-infinity' ELSE named_at END
FROM named
-- What is new to the request is looked at for itself.
WHERE NOT EXISTS (
    SELECT
    FROM new_name AS n
    WHERE n.device_id = named.device_id AND n.request_key = named.request_key
)
