-- Take some of the stale requests, the newest first: they are what people look at.
WITH chosen AS (
    SELECT DISTINCT request_key FROM stale_request ORDER BY request_key DESC LIMIT %(limit)s
), taken AS (
    DELETE FROM stale_request AS s USING chosen WHERE s.request_key = chosen.request_key
)
SELECT request_key FROM chosen
