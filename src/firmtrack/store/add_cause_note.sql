INSERT INTO cause_note (party, cause_id, author, note) VALUES (%s, %s, %s, %s)
