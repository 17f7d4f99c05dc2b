-- A request is recorded with the first that names it. Who began first may come last: what it records is
-- from when it began.
INSERT INTO request (originator, target, counter, recorded_at)
SELECT originator, target, counter, now()
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (originator, target, counter)
ORDER BY originator, target, counter
ON CONFLICT (originator, target, counter) DO UPDATE
SET recorded_at = excluded.recorded_at
WHERE request.recorded_at > excluded.recorded_at
