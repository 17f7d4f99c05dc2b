INSERT INTO verdict (originator, target, counter, message_id, is_accepted, answered_at)
VALUES (%s, %s, %s, %s, %s, %s)
