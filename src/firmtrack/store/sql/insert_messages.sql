INSERT INTO message (message_id, user_id, occurred_at, recorded_at, kind, code, body)
SELECT message_id, user_id, occurred_at, now(), kind, code, body
FROM staged_message
ON CONFLICT DO NOTHING
RETURNING message_id
