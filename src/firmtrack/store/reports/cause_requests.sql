-- The viewer's requests that are compared: those submitted in a period, and the one that is asked about.
SELECT r.request_key, r.originator, r.target, r.counter,
    coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
    coalesce(comparable_version(r.firmware_version), '') AS firmware_version,
    coalesce(encode(r.image_hash, 'hex'), '') AS image_hash
FROM request AS r
WHERE {sees:r.originator}
  AND (
      coalesce(r.submitted_at, r.recorded_at) >= %(first_at)s
      OR r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
  )
ORDER BY r.request_key
