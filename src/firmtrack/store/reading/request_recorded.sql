SELECT recorded_at
FROM request
WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
