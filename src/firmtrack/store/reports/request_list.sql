-- Some of the viewer's requests in the order of the list, and how each stands now: as it was counted, if
-- nothing has changed it since, or else counted here. Of those that do not stand as is wanted only the last
-- is returned, so that it is known how far was looked.
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
    UNION ALL
    SELECT n.request_key, n.successful, n.in_progress, n.failed, n.stalled, n.failure_stages,
        n.failure_reasons, n.failure_counts
    FROM ({counts}) AS n
)
SELECT c.originator, c.target, c.counter, c.variant, c.firmware_version, c.submitted_at, c.place,
    coalesce(n.successful, 0) AS successful, coalesce(n.in_progress, 0) AS in_progress,
    coalesce(n.failed, 0) AS failed, coalesce(n.stalled, 0) AS stalled, n.failure_stages,
    n.failure_reasons, n.failure_counts, wanted.is_wanted
FROM candidate AS c
LEFT JOIN counted AS n USING (request_key)
CROSS JOIN LATERAL (
    SELECT CASE %(state)s::text
        WHEN 'under_way' THEN n.in_progress > 0
        WHEN 'ended' THEN n.in_progress = 0
        WHEN 'with_failures' THEN n.failed > 0
        WHEN 'with_stalled_devices' THEN n.stalled > 0
        ELSE true
    END IS TRUE AS is_wanted
) AS wanted
WHERE wanted.is_wanted OR c.place = (SELECT max(place) FROM candidate)
ORDER BY c.place
