INSERT INTO performance_count
    (request_key, segment_key, stage, failed, completion, reason, count)
SELECT c.request_key, s.segment_key, c.stage, c.failed, c.completion, c.reason, count(*)
FROM current_distribution AS c
LEFT JOIN device AS v USING (device_id)
JOIN device_segment AS s
    ON s.csp_region = coalesce(v.csp_region, '')
    AND s.device_type = coalesce(v.device_type, '')
    AND s.manufacturer = coalesce(v.manufacturer, '')
    AND s.model = coalesce(v.model, '')
WHERE c.request_key = ANY (%(request_keys)s)
GROUP BY c.request_key, s.segment_key, c.stage, c.failed, c.completion, c.reason
