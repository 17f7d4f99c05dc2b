-- Begin the distributions of some requests that are named again. Of a request of which some have gone
-- with their months, the lists name these still: only those begin again that a withdrawal ended.
INSERT INTO distribution (device_id, request_key, recorded_at)
SELECT device_id, request_key, %(moment)s
FROM (
    SELECT n.device_id, n.request_key
    FROM counted_name AS n
    WHERE NOT EXISTS (SELECT FROM pruned_distribution AS p WHERE p.request_key = n.request_key)
       OR EXISTS (
           SELECT
           FROM distribution_history AS h
           WHERE h.device_id = n.device_id AND h.request_key = n.request_key
       )
    UNION
    SELECT e.device_id, e.request_key
    FROM staged_event AS s
    JOIN event AS e ON e.device_id = s.device_id AND e.message_id = s.message_id
        AND e.occurred_at = s.occurred_at
    WHERE e.request_key IS NOT NULL
) AS named
ORDER BY device_id
ON CONFLICT DO NOTHING
