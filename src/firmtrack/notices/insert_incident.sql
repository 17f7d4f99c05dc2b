INSERT INTO party_incident
    (incident_id, party_id, is_own, topic, status, reason, cause_id, opened_at, first_at, last_at, due_at)
VALUES (%(incident_id)s, %(party_id)s, %(is_own)s, %(topic)s, %(status)s, %(reason)s, %(cause_id)s,
    %(opened_at)s, %(first_at)s, %(last_at)s, %(opened_at)s)
