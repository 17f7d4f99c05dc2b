-- Lock, in every writer's order, the distributions that the staged events may change. An update that its
-- condition forbids locks its row all the same; unlike FOR UPDATE it can be asked of several shards.
INSERT INTO distribution AS d (device_id, request_key)
SELECT device_id, request_key
FROM distribution
WHERE device_id IN (SELECT device_id FROM staged_event)
ORDER BY device_id, request_key
ON CONFLICT (device_id, request_key) DO UPDATE SET stage = d.stage WHERE false
