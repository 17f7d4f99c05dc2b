SELECT NULL::bigint AS device_id, NULL::bigint AS request_key, message_id
FROM dated_message
WHERE kind = ANY (%(undated_kinds)s)
UNION ALL
SELECT NULL, NULL, message_id
FROM undated_message
WHERE NOT kind = ANY (%(undated_kinds)s) AND occurred_at IS NOT NULL
