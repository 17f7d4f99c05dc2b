-- Followed by a row of parameters for each look-up.
INSERT INTO lookup_audit (viewer, kind, term, row_count, as_of, party)
VALUES
