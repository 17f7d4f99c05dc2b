{known}SELECT device_id, variant, firmware_version, image_hash, submitted_at, stage, failed, reason,
    occurred_at, addressee
FROM {current_distribution} AS c
WHERE {is_asked}
  AND {condition}
ORDER BY request_key {direction}, device_id {direction}
LIMIT %(limit)s
