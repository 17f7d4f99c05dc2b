SELECT incident_id, is_own, topic, status, reason, cause_id, opened_at, first_at, last_at, device_count,
    is_mixed, told_times, told_at, told_count, told_cause_id, due_at
FROM party_incident
WHERE party_id = %s AND ended_at IS NULL
ORDER BY opened_at, incident_id
