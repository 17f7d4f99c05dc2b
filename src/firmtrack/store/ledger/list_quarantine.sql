SELECT quarantine_id, reason_code, reason, origin, submitter, media_type, received_at, recorded_at,
    times_received, coalesce(unpacked_bytes, octet_length(body)) AS body_bytes, is_whole, replay_outcome
FROM quarantine
WHERE (NOT %(waiting_only)s OR replayed_at IS NULL)
  AND (%(quarantine_id)s::bigint IS NULL OR quarantine_id = %(quarantine_id)s)
ORDER BY quarantine_id
