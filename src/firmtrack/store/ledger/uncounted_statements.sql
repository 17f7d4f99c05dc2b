-- Of the staged statements of what DCC took those that do not count: their request, or the answer,
-- is withdrawn. A new message's own statements always count.
SELECT DISTINCT s.message_id, s.taken_by
FROM staged_statement AS s
JOIN withdrawal AS w ON w.message_id IN (s.message_id, s.taken_by) AND w.restored_at IS NULL
WHERE s.taken_by IS NOT NULL
