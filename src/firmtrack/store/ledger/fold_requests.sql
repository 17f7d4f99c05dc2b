-- Make the rows of some requests from what messages report of each as a whole. Should two different
-- messages claim the same Request ID, the one with the smaller digest counts, in whatever order they
-- come; of their envelopes' times the earliest. Until the request itself comes, an answer says which
-- variant it is; should two differ, the lesser counts.
WITH marked AS (
    INSERT INTO standing_due (request_key) SELECT unnest(%(request_keys)s::bigint[])
)
UPDATE request AS r
SET message_id = claim.message_id,
    statement_count = coalesce(claim.statement_count, 0),
    sent_at = claim.first_sent_at,
    variant = coalesce(claim.variant, stepped.variant),
    stated_version = claim.stated_version,
    image_hash = claim.image_hash,
    image = claim.image,
    answered_at = stepped.answered_at,
    stepped_at = least(stepped.stepped_at, befell.first_at),
    step_stage = coalesce(latest.stage, 1),
    step_failed = coalesce(latest.failed, false),
    step_reason = latest.reason,
    step_occurred_at = latest.occurred_at,
    step_message_id = latest.message_id,
    named_at = named.named_at,
    claimed_version = named.claimed_version
FROM unnest(%(request_keys)s::bigint[]) AS wanted (request_key)
LEFT JOIN LATERAL (
    SELECT s.*, min(s.sent_at) OVER () AS first_sent_at, count(*) OVER () AS statement_count
    FROM request_statement AS s
    WHERE s.request_key = wanted.request_key
    ORDER BY s.message_id
    LIMIT 1
) AS claim ON true
CROSS JOIN LATERAL (
    SELECT min(s.occurred_at) AS stepped_at,
        min(s.occurred_at) FILTER (WHERE s.variant IS NOT NULL) AS answered_at,
        min(s.variant) AS variant
    FROM request_step AS s
    WHERE s.request_key = wanted.request_key
) AS stepped
CROSS JOIN LATERAL (
    SELECT min(i.occurred_at) AS first_at
    FROM request AS named
    JOIN request_incident AS i USING (originator, target, counter)
    WHERE named.request_key = wanted.request_key
) AS befell
LEFT JOIN LATERAL (
    SELECT s.*
    FROM request_step AS s
    WHERE s.request_key = wanted.request_key
    ORDER BY s.stage DESC, s.occurred_at DESC, s.message_id DESC
    LIMIT 1
) AS latest ON true
CROSS JOIN LATERAL (
    SELECT min(n.named_at) AS named_at, min(n.claimed_version COLLATE "C") AS claimed_version
    FROM request_naming AS n
    WHERE n.request_key = wanted.request_key
) AS named
WHERE r.request_key = wanted.request_key
