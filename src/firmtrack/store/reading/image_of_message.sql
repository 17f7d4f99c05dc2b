-- What was read of the image of the request that a message is.
SELECT s.image_hash, s.image
FROM request AS r
JOIN recorded_request_statement AS s USING (request_key)
WHERE r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
  AND s.message_id = %(message_id)s
