SELECT quarantine_id, encode(identity, 'hex') AS sha256, body_bytes, reason_code, origin, submitter,
    recorded_at, times_received, discarded_at, discarded_by, because
FROM quarantine_discarded
ORDER BY discarded_at, quarantine_id
