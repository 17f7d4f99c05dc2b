-- Since when the hub of a request's device at a stage is silent.
SELECT h.since
FROM stay_at_hub AS h
JOIN request AS r USING (request_key)
WHERE h.device_id = %(device_id)s AND h.stage = %(stage)s
  AND (r.originator, r.target, r.counter) = (%(originator)s, %(target)s, %(counter)s)
