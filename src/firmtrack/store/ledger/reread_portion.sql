-- The next recorded messages in the order of their keys: so many at most, and so many octets of
-- bodies, but at least one.
SELECT message_id, user_id, occurred_at, recorded_at, kind, code, body, responder, response_counter
FROM (
    SELECT next.*, row_number() OVER in_order AS place,
        sum(coalesce(octet_length(body), 0)) OVER in_order AS octets
    FROM (
        SELECT * FROM message WHERE message_id > %(after)s ORDER BY message_id LIMIT %(messages)s
    ) AS next
    WINDOW in_order AS (ORDER BY message_id)
) AS measured
WHERE place = 1 OR octets <= %(octets)s
ORDER BY message_id
