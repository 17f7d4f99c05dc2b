-- Leave what withdrawn messages say of devices out of what is staged: it names none.
DELETE FROM staged_event AS s
USING withdrawal AS w
WHERE w.message_id = s.message_id AND w.restored_at IS NULL
