INSERT INTO quarantine AS q
    (body_sha256, body, media_type, received_at, origin, submitter, reason_code, reason)
VALUES (%(body_sha256)s, %(body)s, %(media_type)s, %(received_at)s, %(origin)s, %(submitter)s,
    %(reason_code)s, %(reason)s)
ON CONFLICT (body_sha256) DO UPDATE
SET times_received = q.times_received + 1,
    reason_code = excluded.reason_code,
    reason = excluded.reason
RETURNING quarantine_id
