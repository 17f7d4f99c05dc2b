SELECT watch_id
FROM watch
WHERE cause_id IS NOT NULL AND due_at <= %(now)s
ORDER BY due_at
LIMIT %(most)s
