SELECT endpoint_id, channel, topics
FROM notice_endpoint
WHERE party_id = %s AND disabled_at IS NULL AND removed_at IS NULL
ORDER BY endpoint_id
