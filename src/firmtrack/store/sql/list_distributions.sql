SELECT device_id, variant, firmware_version, image_hash, submitted_at, stage, failed, reason,
    occurred_at
FROM current_distribution
WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
  AND (%(after)s::bigint IS NULL OR device_id > %(after)s)
  AND (%(completion)s::text IS NULL OR completion = %(completion)s)
  AND (%(stage)s::smallint IS NULL OR (stage = %(stage)s AND failed = %(failed)s))
ORDER BY device_id
LIMIT %(limit)s
