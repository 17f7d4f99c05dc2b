SELECT e.device_id, e.request_key, e.message_id
FROM recorded_event AS e
JOIN dated_message AS m USING (message_id)
WHERE e.occurred_at <> m.occurred_at
