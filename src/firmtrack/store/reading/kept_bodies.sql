SELECT message_id, kind, body, occurred_at, recorded_at
FROM message
WHERE message_id = ANY (%s) AND body IS NOT NULL
