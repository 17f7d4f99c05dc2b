-- The messages that were recorded since it was copied: few, and all of them stay this time.
INSERT INTO {fresh}
SELECT m.*
FROM (SELECT DISTINCT message_id FROM touched_fact WHERE message_id IS NOT NULL) AS late
JOIN dated_message AS m USING (message_id)
WHERE m.occurred_at < %(end)s
ON CONFLICT DO NOTHING
