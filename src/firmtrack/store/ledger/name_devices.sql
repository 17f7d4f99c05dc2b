-- When the batch's events name requests for single devices, where that is before all that is known of
-- the request as a whole.
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
    WHERE d.device_id = reported.device_id AND d.request_key = reported.request_key
      AND (r.whole_at IS NULL OR reported.named_at < r.whole_at)
      AND (d.named_at IS NULL OR reported.named_at < d.named_at)
    RETURNING d.device_id
)
INSERT INTO concerned_device (device_id)
SELECT device_id FROM named
