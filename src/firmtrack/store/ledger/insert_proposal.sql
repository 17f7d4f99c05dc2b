INSERT INTO proposal (originator, target, counter, message_id, device_id, facts)
VALUES (%s, %s, %s, %s, %s, %s)
