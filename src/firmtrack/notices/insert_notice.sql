INSERT INTO notice (notice_id, endpoint_id, user_id, topic, reason, service_request_id, device_ids,
    device_count, body, created_at, waits_since)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
