-- Lock, in every writer's order, the distributions that the staged events may change.
SELECT count(*)
FROM (
    SELECT
    FROM distribution
    WHERE device_id IN (SELECT device_id FROM staged_event)
    ORDER BY device_id, request_key
    FOR NO KEY UPDATE
) AS locked
