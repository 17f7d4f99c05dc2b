-- In which hours how many entered a stage in a region, and passed it, of all requests of a kind.
SELECT h.hour, sum(h.entered)::bigint AS entered, sum(h.passed)::bigint AS passed
FROM cohort AS c
JOIN request AS r USING (request_key)
CROSS JOIN unnest(c.hours, c.entered, c.passed) AS h (hour, entered, passed)
WHERE r.variant = %(variant)s AND c.stage = %(stage)s AND c.csp_region = %(csp_region)s
  AND h.hour BETWEEN %(first_hour)s AND %(hour)s
GROUP BY h.hour
