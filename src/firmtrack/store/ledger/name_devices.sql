-- When the batch's events name requests for single devices, where that is before all that is known of
-- the request as a whole. A device whose request had no time at all until now might have had any event;
-- what is new to the request is looked at for itself.
WITH named AS (
    UPDATE distribution AS d
    SET named_at = it.named_at
    FROM (
        SELECT reported.device_id, reported.request_key, reported.named_at,
            r.whole_at IS NULL AND held.named_at IS NULL AS had_no_time,
            n.device_id IS NOT NULL AS is_new
        FROM (
            SELECT device_id, request_key, min(occurred_at) AS named_at
            FROM staged_event
            WHERE request_key IS NOT NULL
            GROUP BY device_id, request_key
        ) AS reported
        JOIN request AS r USING (request_key)
        JOIN distribution AS held USING (device_id, request_key)
        LEFT JOIN new_name AS n USING (device_id, request_key)
        WHERE (r.whole_at IS NULL OR reported.named_at < r.whole_at)
          AND (held.named_at IS NULL OR reported.named_at < held.named_at)
    ) AS it
    WHERE d.device_id = it.device_id AND d.request_key = it.request_key
    RETURNING d.device_id, d.named_at, it.had_no_time, it.is_new
)
INSERT INTO concerned_device (device_id, since)
SELECT device_id, CASE WHEN had_no_time THEN '-infinity' ELSE named_at END
FROM named
WHERE NOT is_new
