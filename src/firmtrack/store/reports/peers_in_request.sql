WITH asked AS MATERIALIZED (
    SELECT request_key
    FROM request
    WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
)
SELECT completion, count(*)
FROM current_distribution
-- Each bound for itself: so the index by request is read, whatever was last known of the requests.
WHERE request_key BETWEEN (SELECT request_key FROM asked) AND (SELECT request_key FROM asked)
GROUP BY completion
