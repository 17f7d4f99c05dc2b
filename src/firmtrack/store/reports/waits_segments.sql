SELECT segment_key, device_type, csp_region, manufacturer, model FROM device_segment
