-- To which request the loose event e belonged. The same rule: attributed_request.sql.
SELECT c.request_key
FROM named_distribution AS c
JOIN request AS r USING (request_key)
CROSS JOIN LATERAL (
    SELECT least(r.whole_at, c.named_at) AS submitted_at,
        coalesce(r.originator = e.addressee, false) AS is_own,
        CASE
            WHEN c.refused THEN c.stage = 2 AND c.failed
            ELSE r.step_stage = 2 AND r.step_failed AND coalesce(c.stage, 0) < 2
        END AS is_declined
) AS it
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN e.image_hash IS NOT NULL AND r.image_hash IS NOT NULL
            THEN CASE WHEN e.image_hash = r.image_hash THEN 3 END
        WHEN e.firmware_version IS NOT NULL AND r.comparable_versions <> '{}'
            THEN CASE
                WHEN comparable_version(e.firmware_version) = ANY (r.comparable_versions) THEN 2
            END
        WHEN it.is_own THEN 1
    END AS evidence
) AS tie
WHERE c.device_id = e.device_id
  AND e.request_key IS NULL
  AND NOT it.is_declined
  AND tie.evidence IS NOT NULL
  AND (it.submitted_at IS NULL OR it.submitted_at <= e.occurred_at)
ORDER BY tie.evidence DESC, it.is_own DESC, it.submitted_at DESC NULLS LAST,
    r.originator DESC, r.target DESC, r.counter DESC
LIMIT 1
