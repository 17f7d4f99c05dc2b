SELECT message_id, kind FROM message WHERE message_id = ANY (%(message_ids)s::uuid[])
