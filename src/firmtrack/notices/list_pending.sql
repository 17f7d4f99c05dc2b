SELECT notice_id, incident_id, body, waits_since <= now() - %(give_up)s AS is_too_old
FROM notice
WHERE endpoint_id = %(endpoint_id)s AND state = 'waiting'
ORDER BY sequence
LIMIT %(limit)s
