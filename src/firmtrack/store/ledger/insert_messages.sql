-- What is new of the staged messages, each into the table of its kind; return the octets of their IDs. All
-- writers take the dated before the others, and each in the order in which they were staged.
WITH dated AS (
    INSERT INTO dated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body,
        submitter, token, responder, response_counter)
    SELECT message_id, user_id, occurred_at, now(), kind, code, body, submitter, token, responder,
        response_counter
    FROM staged_message
    WHERE is_dated
    ON CONFLICT DO NOTHING
    RETURNING message_id
), undated AS (
    INSERT INTO undated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body,
        submitter, token, responder, response_counter)
    SELECT message_id, user_id, occurred_at, now(), kind, code, body, submitter, token, responder,
        response_counter
    FROM staged_message
    WHERE NOT is_dated
    ON CONFLICT DO NOTHING
    RETURNING message_id
)
SELECT uuid_send(message_id) FROM dated
UNION ALL
SELECT uuid_send(message_id) FROM undated
