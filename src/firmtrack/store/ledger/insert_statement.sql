INSERT INTO recorded_request_statement
    (request_key, message_id, recorded_at, sent_at, variant, stated_version, image_hash, image)
VALUES (%(request_key)s, %(message_id)s, now(), %(sent_at)s, %(variant)s, %(stated_version)s,
    %(image_hash)s, %(image)s)
