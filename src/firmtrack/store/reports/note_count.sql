-- Nothing is written where a later count is known already, or the same.
INSERT INTO last_count AS l (figures, counted_at)
VALUES (%(figures)s, %(counted_at)s)
ON CONFLICT (figures) DO UPDATE SET counted_at = excluded.counted_at
WHERE l.counted_at < excluded.counted_at
