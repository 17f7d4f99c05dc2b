UPDATE party_incident
SET cause_id = %(cause_id)s, opened_at = %(opened_at)s, first_at = %(first_at)s, last_at = %(last_at)s,
    device_count = %(device_count)s, is_mixed = %(is_mixed)s, told_times = %(told_times)s, told_at = %(told_at)s,
    told_count = %(told_count)s, told_cause_id = %(told_cause_id)s, due_at = %(due_at)s
WHERE incident_id = %(incident_id)s
