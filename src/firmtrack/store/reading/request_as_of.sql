-- A request, those of its devices that are asked for, and the other requests of these as they were known at a
-- moment. What is said of requests hides the table of that name, so that the statement that this is put
-- before answers of then as it answers of now. The same rule: fold_requests.sql of the ledger.
WITH asked_request AS MATERIALIZED (
    SELECT request_key
    FROM request
    WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
      AND recorded_at <= %(moment)s
), asked_device AS MATERIALIZED (
    SELECT device_id
    FROM {named_pair} AS p
    WHERE request_key = (SELECT request_key FROM asked_request)
      AND (%(after)s::bigint IS NULL OR device_id {beyond} %(after)s)
    ORDER BY device_id {direction}
    LIMIT %(devices)s
), concerned_request AS MATERIALIZED (
    SELECT request_key FROM asked_request
    UNION
    SELECT p.request_key
    FROM {named_pair} AS p
    WHERE p.device_id = ANY (ARRAY(SELECT device_id FROM asked_device))
), request AS MATERIALIZED (
    SELECT r.request_key, r.originator, r.target, r.counter, r.recorded_at,
        claim.message_id, claim.image_hash, claim.image,
        coalesce(claim.statement_count, 0) AS statement_count,
        coalesce(claim.variant, answered.variant) AS variant,
        coalesce(claim.stated_version, named.claimed_version) AS firmware_version,
        array_remove(
            ARRAY[
                comparable_version(coalesce(claim.stated_version, named.claimed_version)),
                comparable_version(claim.image ->> 'header_version')
            ],
            NULL
        ) AS comparable_versions,
        least(claim.first_sent_at, answered.first_at, befell.first_at) AS whole_at,
        least(claim.first_sent_at, answered.first_at, befell.first_at, named.named_at)
            AS submitted_at,
        coalesce(latest.stage, 1) AS step_stage, coalesce(latest.failed, false) AS step_failed,
        latest.reason AS step_reason, latest.occurred_at AS step_occurred_at,
        latest.message_id AS step_message_id, named.named_at
    -- An array's length is taken to be small, whatever is known of the requests: so each is searched.
    FROM unnest(ARRAY(SELECT request_key FROM concerned_request)) AS concerned (request_key)
    JOIN request AS r USING (request_key)
    LEFT JOIN LATERAL (
        SELECT s.*, min(s.sent_at) OVER () AS first_sent_at, count(*) OVER () AS statement_count
        FROM {request_statement} AS s
        WHERE s.request_key = r.request_key
        ORDER BY s.message_id
        LIMIT 1
    ) AS claim ON true
    CROSS JOIN LATERAL (
        SELECT min(s.occurred_at) AS first_at, min(s.variant) AS variant
        FROM {request_step} AS s
        WHERE s.request_key = r.request_key
    ) AS answered
    CROSS JOIN LATERAL (
        SELECT min(i.occurred_at) AS first_at
        FROM {request_incident} AS i
        WHERE i.originator = r.originator AND i.target = r.target AND i.counter = r.counter
    ) AS befell
    LEFT JOIN LATERAL (
        SELECT s.*
        FROM {request_step} AS s
        WHERE s.request_key = r.request_key
        ORDER BY s.stage DESC, s.occurred_at DESC, s.message_id DESC
        LIMIT 1
    ) AS latest ON true
    CROSS JOIN LATERAL (
        SELECT min(n.named_at) AS named_at, min(n.claimed_version COLLATE "C") AS claimed_version
        FROM {request_naming} AS n
        WHERE n.request_key = r.request_key
    ) AS named
)
