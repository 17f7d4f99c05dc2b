-- Should two different messages claim the same Request ID, the one with the smaller digest counts,
-- in whatever order they come; of their envelopes' times the earliest stands, so that a time that
-- is known never becomes unknown again.
UPDATE request AS r
SET message_id = CASE WHEN counts THEN %(message_id)s ELSE r.message_id END,
    sent_at = least(r.sent_at, %(sent_at)s),
    variant = CASE WHEN counts THEN %(variant)s ELSE r.variant END,
    stated_version = CASE WHEN counts THEN %(stated_version)s ELSE r.stated_version END,
    image_hash = CASE WHEN counts THEN %(image_hash)s ELSE r.image_hash END,
    image = CASE WHEN counts THEN %(image)s ELSE r.image END
FROM (
    SELECT request_key, message_id IS NULL OR %(message_id)s < message_id AS counts
    FROM request
    WHERE request_key = %(request_key)s
) AS claim
WHERE r.request_key = claim.request_key
