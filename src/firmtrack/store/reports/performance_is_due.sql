-- Whether something has changed since it was counted, or that was last looked for too long ago.
SELECT EXISTS (SELECT FROM stale_request) OR EXISTS (SELECT FROM stale_device)
    OR NOT EXISTS (
        SELECT
        FROM last_count
        WHERE figures = 'performance' AND counted_at > now() - %(longest_age)s::interval
    )
