-- Which of some requests have updates in progress.
SELECT r.request_key, r.originator, r.target, r.counter
FROM request AS r
WHERE r.request_key = ANY (%(request_keys)s)
  AND EXISTS (
      SELECT
      FROM current_distribution AS c
      WHERE c.request_key = r.request_key AND c.completion NOT IN ('failed', 'successful')
  )
