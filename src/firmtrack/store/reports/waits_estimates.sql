SELECT estimate_key, steps, passed, failed, waiting
FROM wait_estimate
WHERE estimate_key = ANY (%(estimate_keys)s)
