-- When its message was recorded; what was recorded before is made what the message says now.
INSERT INTO proposal (originator, target, counter, message_id, device_id, facts, recorded_at)
SELECT %s, %s, %s, m.message_id, s.device_id, s.facts, m.recorded_at
FROM (VALUES (%s::uuid, %s::bigint, %s::jsonb)) AS s (message_id, device_id, facts)
JOIN message AS m USING (message_id)
ON CONFLICT (originator, target, counter, message_id) DO UPDATE
SET device_id = excluded.device_id, facts = excluded.facts
