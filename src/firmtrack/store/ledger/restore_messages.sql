UPDATE withdrawal
SET restored_at = %(moment)s,
    restored_because = %(because)s
WHERE message_id = ANY (%(message_ids)s) AND restored_at IS NULL
RETURNING message_id
