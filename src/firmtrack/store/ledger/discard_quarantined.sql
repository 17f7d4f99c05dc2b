WITH discarded AS (
    DELETE FROM quarantine
    WHERE (%(quarantine_ids)s::bigint[] IS NULL OR quarantine_id = ANY (%(quarantine_ids)s))
      AND (%(submitter)s::text IS NULL OR (submitter = %(submitter)s AND replayed_at IS NULL))
      AND (%(before)s::timestamptz IS NULL OR recorded_at < %(before)s)
    RETURNING *
)
INSERT INTO quarantine_discarded (quarantine_id, identity, body_bytes, reason_code, origin,
    submitter, recorded_at, times_received, discarded_by, because)
SELECT quarantine_id, identity, coalesce(unpacked_bytes, octet_length(body)), reason_code, origin,
    submitter, recorded_at, times_received, %(discarded_by)s, %(because)s
FROM discarded
RETURNING quarantine_id
