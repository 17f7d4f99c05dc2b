-- To which of its device's requests the loose event e belongs, by the strongest evidence: 3 the image's hash,
-- 2 a version, 1 whom it was sent to. The same rule: firmtrack.domain.attribution.attribute.
SELECT candidate.request_key
FROM distribution AS named
JOIN request AS candidate ON candidate.request_key = named.request_key
CROSS JOIN LATERAL (
    SELECT least(candidate.whole_at, named.named_at) AS submitted_at,
        coalesce(candidate.originator = e.addressee, false) AS is_own
) AS it
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN e.image_hash IS NOT NULL AND candidate.image_hash IS NOT NULL
            THEN CASE WHEN e.image_hash = candidate.image_hash THEN 3 END
        WHEN e.firmware_version IS NOT NULL AND cardinality(candidate.comparable_versions) > 0
            THEN CASE
                WHEN comparable_version(e.firmware_version) = ANY (candidate.comparable_versions)
                    THEN 2
            END
        WHEN it.is_own THEN 1
    END AS evidence
) AS tie
WHERE named.device_id = e.device_id
  AND e.request_key IS NULL
  AND NOT named.declined
  AND tie.evidence IS NOT NULL
  AND (it.submitted_at IS NULL OR it.submitted_at <= e.occurred_at)
ORDER BY tie.evidence DESC, it.is_own DESC, it.submitted_at DESC NULLS LAST,
    candidate.originator DESC, candidate.target DESC, candidate.counter DESC
LIMIT 1
