-- The same of messages of which no time is known.
SELECT message_id, responder, user_id, response_counter
FROM dated_message
WHERE message_id = ANY (%s) AND response_counter IS NOT NULL AND user_id IS NOT NULL
