INSERT INTO withdrawal (message_id, withdrawn_at, withdrawn_because)
SELECT message_id, %(moment)s, %(because)s
FROM unnest(%(message_ids)s::uuid[]) AS wanted (message_id)
-- One may have gone with its month meanwhile.
WHERE EXISTS (SELECT FROM message AS m WHERE m.message_id = wanted.message_id)
ON CONFLICT (message_id) WHERE restored_at IS NULL DO NOTHING
RETURNING message_id
