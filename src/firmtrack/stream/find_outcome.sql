-- Recorded as the party's own comes first: what it handed in again is a duplicate of that. What was
-- taken from quarantine since then became what it became.
SELECT outcome, kind, reason_code, reason, quarantine_id
FROM (
    SELECT 1 AS place, 'recorded' AS outcome, NULL AS kind, NULL AS reason_code, NULL AS reason,
        NULL::bigint AS quarantine_id
    FROM message
    WHERE message_id = %(message_id)s AND submitter = %(submitter)s
    UNION ALL
    SELECT 2, coalesce(q.replay_outcome, o.outcome), o.kind,
        CASE WHEN q.replay_outcome IS NULL THEN o.reason_code END,
        CASE WHEN q.replay_outcome IS NULL THEN o.reason END,
        CASE WHEN q.replay_outcome IS NULL THEN o.quarantine_id END
    FROM stream_outcome AS o
    LEFT JOIN quarantine AS q USING (quarantine_id)
    WHERE o.message_id = %(message_id)s AND o.submitter = %(submitter)s
) AS found
ORDER BY place
LIMIT 1
