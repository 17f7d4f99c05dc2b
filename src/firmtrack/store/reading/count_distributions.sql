{known}SELECT stage, failed, CASE WHEN failed THEN reason END AS reason, count(*) AS count
FROM {current_distribution} AS c
WHERE {is_asked}
GROUP BY 1, 2, 3
