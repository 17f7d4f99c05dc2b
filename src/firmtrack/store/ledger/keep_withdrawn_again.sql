-- Keep who handed a message in again that was withdrawn.
INSERT INTO withdrawn_again (message_id, recorded_at, submitter, token)
SELECT DISTINCT s.message_id, now(), s.submitter, s.token
FROM staged_message AS s
JOIN withdrawal AS w ON w.message_id = s.message_id AND w.restored_at IS NULL
