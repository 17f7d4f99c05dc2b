-- DCC's Response IDs of messages that have one.
SELECT message_id, responder, user_id, response_counter
FROM message
WHERE message_id = ANY (%s) AND response_counter IS NOT NULL AND user_id IS NOT NULL
