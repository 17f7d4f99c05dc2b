SELECT message_id, kind, code, user_id FROM message WHERE message_id = ANY (%s)
