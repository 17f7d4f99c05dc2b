INSERT INTO lookup_audit (viewer, kind, term, row_count, as_of)
VALUES (%s, %s, %s, %s, %s)
