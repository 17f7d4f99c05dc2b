INSERT INTO device_segment (csp_region, device_type, manufacturer, model)
SELECT coalesce(v.csp_region, ''), coalesce(v.device_type, ''), coalesce(v.manufacturer, ''),
    coalesce(v.model, '')
FROM distribution AS d
LEFT JOIN device AS v USING (device_id)
WHERE d.request_key = ANY (%(request_keys)s)
EXCEPT
SELECT csp_region, device_type, manufacturer, model FROM device_segment
