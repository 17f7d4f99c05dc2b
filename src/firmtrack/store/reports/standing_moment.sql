-- The moment of a count: later than that of any before, whatever the clock does.
SELECT greatest(
    now(),
    (SELECT counted_at + interval '1 microsecond' FROM last_count WHERE figures = %(figures)s)
) AS moment
