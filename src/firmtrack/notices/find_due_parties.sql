-- The parties whose oldest queued change has waited so long that others have had time to join it.
SELECT s.party_id, array_agg(s.user_id ORDER BY s.user_id) AS user_ids
FROM notice_subscriber AS s
GROUP BY s.party_id
HAVING bool_or(EXISTS (
    SELECT
    FROM (
        SELECT recorded_at FROM status_change AS c
        WHERE c.user_id = s.user_id
        ORDER BY change_id
        LIMIT 1
    ) AS oldest
    WHERE oldest.recorded_at <= now() - %(grouping)s
))
