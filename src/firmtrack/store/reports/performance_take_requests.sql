-- Take some of the stale requests, the newest first: they are what people look at. %(below)s is the
-- last that this round has taken: whatever has changed since waits for the next round.
WITH chosen AS (
    SELECT DISTINCT request_key
    FROM stale_request
    WHERE %(below)s::bigint IS NULL OR request_key < %(below)s
    ORDER BY request_key DESC
    LIMIT %(limit)s
), taken AS (
    DELETE FROM stale_request AS s USING chosen WHERE s.request_key = chosen.request_key
)
SELECT request_key FROM chosen
