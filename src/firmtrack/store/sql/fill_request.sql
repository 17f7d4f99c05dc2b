-- Should two different messages claim the same Request ID, the one with the smaller digest counts,
-- in whatever order they come.
UPDATE request
SET message_id = %(message_id)s,
    sent_at = %(sent_at)s,
    variant = %(variant)s,
    stated_version = %(stated_version)s,
    image_hash = %(image_hash)s,
    image = %(image)s
WHERE request_key = %(request_key)s
  AND (message_id IS NULL OR %(message_id)s < message_id)
