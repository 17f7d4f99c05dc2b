INSERT INTO recorded_request_step
    (request_key, message_id, occurred_at, recorded_at, stage, failed, reason, variant,
    message_kind, code, user_id, responder, response_counter)
VALUES (%(request_key)s, %(message_id)s, %(occurred_at)s, now(), %(stage)s, %(failed)s, %(reason)s,
    %(variant)s, %(message_kind)s, %(code)s, %(user_id)s, %(responder)s, %(response_counter)s)
