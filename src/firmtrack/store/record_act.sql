INSERT INTO act (actor, party, kind, subject, detail) VALUES (%s, %s, %s, %s, %s)
