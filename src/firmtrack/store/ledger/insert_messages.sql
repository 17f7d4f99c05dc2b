INSERT INTO message
    (message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, token, responder,
        response_counter)
SELECT message_id, user_id, occurred_at, now(), kind, code, body, submitter, token, responder,
    response_counter
FROM staged_message
ON CONFLICT DO NOTHING
RETURNING uuid_send(message_id)
