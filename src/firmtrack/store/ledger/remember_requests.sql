-- The state of some requests that attribution sees, before the batch changes it.
INSERT INTO changed_request (request_key, has_come, whole_at, image_hash, comparable_versions)
SELECT request_key, message_id IS NOT NULL, whole_at, image_hash, comparable_versions
FROM request
WHERE request_key = ANY (%(request_keys)s)
