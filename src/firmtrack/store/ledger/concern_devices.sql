-- The devices that a withdrawal concerns: those of its messages' events, and of their requests.
INSERT INTO concerned_device (device_id)
SELECT device_id FROM staged_event
UNION
SELECT device_id FROM distribution WHERE request_key = ANY (%(request_keys)s)
