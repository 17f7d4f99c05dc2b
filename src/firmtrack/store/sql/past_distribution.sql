INSERT INTO distribution (device_id, request_key, refused, recorded_at)
SELECT d.device_id, d.request_key, refused.is_refused, d.recorded_at
FROM past_scope_device
JOIN public.distribution AS d USING (device_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT
        FROM event AS e
        WHERE e.device_id = d.device_id AND e.request_key = d.request_key
          AND e.stage = 2 AND e.failed
    ) AS is_refused
) AS refused
WHERE d.recorded_at <= %(moment)s
