{as_of}SELECT stage, failed, count(*) AS count
FROM current_distribution
WHERE request_key = %(request_key)s
GROUP BY stage, failed
ORDER BY stage, failed
