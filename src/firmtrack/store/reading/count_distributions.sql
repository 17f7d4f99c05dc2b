{known}SELECT stage, failed, count(*) AS count
FROM current_distribution AS c
WHERE {is_asked}
GROUP BY stage, failed
ORDER BY stage, failed
