INSERT INTO notice (notice_id, endpoint_id, user_id, topic, reason, service_request_id, device_ids,
    device_count, incident_id, is_newest, body, created_at, waits_since)
VALUES (%(notice_id)s, %(endpoint_id)s, %(user_id)s, %(topic)s, %(reason)s, %(service_request_id)s,
    %(device_ids)s, %(device_count)s, %(incident_id)s, %(is_newest)s, %(body)s, %(now)s, %(now)s)
