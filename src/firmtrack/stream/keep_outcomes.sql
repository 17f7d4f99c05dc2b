INSERT INTO stream_outcome AS o
    (message_id, submitter, outcome, kind, reason_code, reason, quarantine_id)
SELECT * FROM unnest(
    %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[]
)
ON CONFLICT (message_id, submitter) DO UPDATE SET
    outcome = excluded.outcome,
    kind = excluded.kind,
    reason_code = excluded.reason_code,
    reason = excluded.reason,
    quarantine_id = excluded.quarantine_id,
    settled_at = now()
