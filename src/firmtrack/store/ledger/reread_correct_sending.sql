-- When a request was sent, as its message is read now: a time that is not believed any more goes.
UPDATE recorded_request_statement
SET sent_at = %(sent_at)s
WHERE request_key = %(request_key)s AND message_id = %(message_id)s
  AND sent_at IS DISTINCT FROM %(sent_at)s
