SELECT stage, failed, count(*)
FROM current_distribution
WHERE request_key = %s
GROUP BY stage, failed
ORDER BY stage, failed
