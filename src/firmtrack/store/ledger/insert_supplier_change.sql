INSERT INTO supplier_word (device_id, learnt_at, message_id) VALUES (%s, %s, %s)
