-- What one person found by looking it up, newest first: of each thing the last time, among so many of their
-- look-ups.
WITH own AS (
    SELECT lookup_id, looked_up_at, kind, term, row_count
    FROM lookup_audit
    WHERE {is_own:party} AND viewer = %(viewer)s
    ORDER BY lookup_id DESC
    LIMIT %(looked_at)s
)
SELECT kind, term, max(looked_up_at) AS at
FROM own
WHERE kind = ANY (%(kinds)s::text[]) AND row_count > 0
GROUP BY kind, term
ORDER BY max(lookup_id) DESC
LIMIT %(limit)s
