-- How many of a request's stays at each stage have passed, and how many would have at the pace of
-- others'.
SELECT l.stage, sum(l.passes)::bigint AS passed, sum(l.expected_passes) AS expected
FROM wait_limit AS l
JOIN request AS r USING (request_key)
WHERE (r.originator, r.target, r.counter) = (%(originator)s, %(target)s, %(counter)s)
GROUP BY l.stage
ORDER BY l.stage
