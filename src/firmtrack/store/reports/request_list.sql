-- Some of the viewer's requests in the order of the list, and how each stood when it was last counted: null
-- of one that was not, or that something has changed since.
WITH candidate AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY {order}) AS place
    FROM ({candidates}) AS r
    ORDER BY {order}
    LIMIT %(limit)s
), due AS MATERIALIZED (
    -- One by one: the marks and counts of all others would be read to compare them all at once.
    SELECT c.request_key
    FROM candidate AS c
    WHERE (SELECT true FROM standing_due AS d WHERE d.request_key = c.request_key LIMIT 1)
       OR (SELECT true FROM request_standing AS s WHERE s.request_key = c.request_key) IS NULL
), counted AS MATERIALIZED (
    SELECT s.request_key, s.successful, s.in_progress, s.failed, s.stalled, s.failure_stages,
        s.failure_reasons, s.failure_counts
    FROM request_standing AS s
    WHERE s.request_key = ANY (ARRAY(
        SELECT request_key FROM candidate EXCEPT SELECT request_key FROM due
    ))
)
SELECT c.request_key, c.originator, c.target, c.counter, c.variant, c.firmware_version,
    c.submitted_at, c.place, n.successful, n.in_progress, n.failed, n.stalled, n.failure_stages,
    n.failure_reasons, n.failure_counts
FROM candidate AS c
LEFT JOIN counted AS n USING (request_key)
ORDER BY c.place
