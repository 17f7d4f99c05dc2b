-- One recorded message and what is kept of it, with whether it counts.
SELECT m.message_id, m.kind, m.code, m.user_id, m.occurred_at, m.recorded_at, m.submitter, m.token,
    m.responder, m.response_counter, m.body, w.withdrawn_at, w.withdrawn_because
FROM message AS m
LEFT JOIN withdrawal AS w ON w.message_id = m.message_id AND w.restored_at IS NULL
WHERE m.message_id = %s
