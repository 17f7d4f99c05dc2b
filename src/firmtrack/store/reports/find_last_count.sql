SELECT (SELECT counted_at FROM last_count WHERE figures = %(figures)s) AS at, now() AS read_at
