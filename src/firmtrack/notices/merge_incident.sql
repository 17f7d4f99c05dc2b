-- The incident is over: it, and all that were merged into it, are parts of another.
UPDATE party_incident
SET merged_into = %(into)s, ended_at = coalesce(ended_at, %(now)s), due_at = NULL
WHERE incident_id = %(merged)s OR merged_into = %(merged)s
