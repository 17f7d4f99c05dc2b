-- One may have gone with its month meanwhile.
INSERT INTO withdrawal (message_id, withdrawn_at, withdrawn_because)
SELECT message_id, %(moment)s, %(because)s
FROM message
WHERE message_id = ANY (%(message_ids)s::uuid[])
ON CONFLICT (message_id) WHERE restored_at IS NULL DO NOTHING
RETURNING message_id
