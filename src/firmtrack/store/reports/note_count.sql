INSERT INTO last_count AS l (figures, counted_at)
VALUES (%(figures)s, %(counted_at)s)
ON CONFLICT (figures) DO UPDATE SET counted_at = greatest(l.counted_at, excluded.counted_at)
