-- From whom withdrawn messages came again, other than from those who had handed them in.
SELECT a.message_id, a.submitter, a.token, min(a.recorded_at) AS first_at, count(*) AS times
FROM withdrawn_again AS a
JOIN message AS m USING (message_id)
WHERE (%(message_id)s::uuid IS NULL OR a.message_id = %(message_id)s)
  AND (a.submitter, a.token) IS DISTINCT FROM (m.submitter, m.token)
GROUP BY a.message_id, a.submitter, a.token
ORDER BY min(a.recorded_at), a.message_id
