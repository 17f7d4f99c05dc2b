-- Some of the viewer's requests in the order of the list, and how each stood when it was last counted: null
-- of one that was not, or that something has changed since.
WITH candidate AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY {order}) AS place
    FROM ({candidates}) AS r
    ORDER BY {order}
    LIMIT %(limit)s
)
SELECT c.request_key, c.originator, c.target, c.counter, c.variant, c.firmware_version,
    c.submitted_at, c.place, counted.*
FROM candidate AS c
LEFT JOIN LATERAL (
    -- One by one: the marks and counts of all others would be read to compare them all at once.
    SELECT s.successful, s.in_progress, s.failed, s.stalled, s.failure_stages, s.failure_reasons,
        s.failure_counts
    FROM request_standing AS s
    WHERE s.request_key = c.request_key
      AND (SELECT true FROM standing_due AS d WHERE d.request_key = c.request_key LIMIT 1) IS NULL
    LIMIT 1
) AS counted ON true
ORDER BY c.place
