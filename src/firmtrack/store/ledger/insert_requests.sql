INSERT INTO request (originator, target, counter, recorded_at)
SELECT originator, target, counter, now()
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (originator, target, counter)
ORDER BY originator, target, counter
ON CONFLICT DO NOTHING
