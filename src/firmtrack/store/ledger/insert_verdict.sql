-- When its message was recorded; what was recorded before is made what the message says now.
INSERT INTO verdict (originator, target, counter, message_id, is_accepted, answered_at, recorded_at)
SELECT %s, %s, %s, m.message_id, s.is_accepted, s.answered_at, m.recorded_at
FROM (VALUES (%s::uuid, %s::boolean, %s::timestamptz)) AS s (message_id, is_accepted, answered_at)
JOIN message AS m USING (message_id)
ON CONFLICT (originator, target, counter, message_id) DO UPDATE
SET is_accepted = excluded.is_accepted, answered_at = excluded.answered_at
