INSERT INTO lookup_audit (viewer, kind, term, row_count)
VALUES (%s, %s, %s, %s)
