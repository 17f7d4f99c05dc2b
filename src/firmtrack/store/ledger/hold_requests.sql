-- Lock the rows of some requests, in one order, and insert those that are missing of the named ones: a
-- request is recorded with the first that names it. Who began first may come last: what it records is
-- from when it began. A row that conflicts is locked whether it is then updated or not.
INSERT INTO request (originator, target, counter, recorded_at)
SELECT originator, target, counter, min(recorded_at)
FROM (
    SELECT originator, target, counter, now() AS recorded_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS named (originator, target, counter)
    UNION ALL
    SELECT originator, target, counter, 'infinity'
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS befallen (originator, target, counter)
    JOIN request USING (originator, target, counter)
) AS wanted
GROUP BY originator, target, counter
ORDER BY originator, target, counter
ON CONFLICT (originator, target, counter) DO UPDATE
SET recorded_at = excluded.recorded_at
WHERE request.recorded_at > excluded.recorded_at
-- xmax is 0 in a row that was inserted, and not in one that was updated.
RETURNING request_key, xmax = 0
