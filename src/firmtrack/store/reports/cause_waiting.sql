-- Which of some requests have updates in progress.
SELECT DISTINCT request_key, originator, target, counter
FROM current_distribution
WHERE request_key = ANY (%(request_keys)s) AND completion NOT IN ('failed', 'successful')
