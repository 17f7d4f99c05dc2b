-- The parties whose oldest queued change has waited so long that others have had time to join it; or,
-- where a channel is not known here, that a process which knows it would have composed it.
SELECT s.party_id
FROM notice_subscriber AS s
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN EXISTS (
            SELECT
            FROM notice_endpoint AS e
            WHERE e.party_id = s.party_id
              AND e.disabled_at IS NULL AND e.removed_at IS NULL
              AND e.channel <> ALL (%(channels)s::text[])
        ) THEN greatest(%(grouping)s, %(foreign)s)
        ELSE %(grouping)s
    END AS delay
) AS grouping
GROUP BY s.party_id
HAVING bool_or(EXISTS (
    SELECT
    FROM (
        SELECT recorded_at FROM status_change AS c
        WHERE c.user_id = s.user_id
        ORDER BY change_id
        LIMIT 1
    ) AS oldest
    WHERE oldest.recorded_at <= now() - grouping.delay
))
