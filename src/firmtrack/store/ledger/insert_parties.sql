-- The parties of the devices: the Users of the staged statements, of those that count.
INSERT INTO device_acquaintance (device_id, user_id)
SELECT DISTINCT s.device_id, s.user_id
FROM staged_statement AS s
WHERE s.user_id IS NOT NULL
  AND NOT EXISTS (
      SELECT
      FROM withdrawal AS w
      WHERE w.message_id IN (s.message_id, s.taken_by) AND w.restored_at IS NULL
  )
ORDER BY s.device_id, s.user_id
ON CONFLICT DO NOTHING
