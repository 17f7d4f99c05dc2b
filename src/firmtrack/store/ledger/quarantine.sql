INSERT INTO quarantine AS q
    (identity, times_received, is_whole, body, unpacked_bytes, media_type, received_at, origin,
    submitter, reason_code, reason, recorded_at)
VALUES (%(identity)s, %(times_received)s, %(is_whole)s, %(body)s, %(unpacked_bytes)s,
    %(media_type)s, %(received_at)s, %(origin)s, %(submitter)s, %(reason_code)s, %(reason)s,
    now())
ON CONFLICT (identity) DO UPDATE
SET times_received = q.times_received + excluded.times_received,
    reason_code = excluded.reason_code,
    reason = excluded.reason
RETURNING quarantine_id
