-- When a request was sent, as its message is read now: a time that is not believed any more goes, and
-- of those that are the earliest stands. told_before is what the same message was read to say.
UPDATE request AS r
SET sent_at = CASE
        WHEN r.sent_at < %(earliest_at)s
            OR (r.sent_at = %(told_before)s AND %(sent_at)s::timestamptz IS NULL)
            THEN %(sent_at)s
        ELSE least(r.sent_at, %(sent_at)s)
    END
WHERE r.request_key = %(request_key)s
  AND (r.sent_at IS DISTINCT FROM %(sent_at)s)
