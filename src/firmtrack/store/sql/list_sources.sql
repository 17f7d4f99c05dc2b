SELECT message_id, kind, code FROM message WHERE message_id = ANY (%s)
