-- From since when, at the earliest, any event may belong elsewhere than before; null if none may. What
-- names a device for a request that has neither come nor been answered has a time.
SELECT min(since)::text
FROM (
    SELECT since FROM concerned_device
    UNION ALL
    SELECT
        CASE
            WHEN r.whole_at IS NULL AND r.message_id IS NOT NULL THEN '-infinity'
            ELSE coalesce(r.submitted_at, '-infinity')
        END
    FROM request AS r
    WHERE r.request_key IN (SELECT request_key FROM new_name)
    UNION ALL
    SELECT
        CASE
            WHEN before.whole_at IS NULL AND before.has_come THEN '-infinity'
            ELSE coalesce(least(before.whole_at, after.submitted_at), '-infinity')
        END
    FROM changed_request AS before
    JOIN request AS after USING (request_key)
) AS concern
