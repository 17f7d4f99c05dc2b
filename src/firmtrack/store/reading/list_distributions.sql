{as_of}SELECT device_id, variant, firmware_version, image_hash, submitted_at, stage, failed, reason,
    occurred_at, addressee
FROM current_distribution AS c
WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
  AND (%(after)s::bigint IS NULL OR device_id > %(after)s)
  AND {condition}
ORDER BY device_id
LIMIT %(limit)s
