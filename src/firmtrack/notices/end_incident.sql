-- It ends: its count stays, its updates are no longer needed.
WITH dropped AS (
    DELETE FROM party_incident_device WHERE incident_id = %(incident_id)s
)
UPDATE party_incident
SET ended_at = %(now)s, due_at = NULL, told_times = %(told_times)s, told_at = %(told_at)s,
    told_count = %(told_count)s, told_cause_id = %(told_cause_id)s
WHERE incident_id = %(incident_id)s
