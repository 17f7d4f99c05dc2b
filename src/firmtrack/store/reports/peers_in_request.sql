SELECT completion, count(*)
FROM current_distribution
WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
GROUP BY completion
