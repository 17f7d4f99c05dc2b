-- The state that attribution sees, before the batch changes it.
INSERT INTO changed_request (request_key, submitted_at, image_hash, firmware_version)
SELECT request_key, submitted_at, image_hash, firmware_version
FROM request
WHERE request_key = ANY (%s)
