-- What a message's own row holds of it, as it is read now. A dated message moves to the month of its time.
-- Whether a message is dated no edition of the readers has changed.
WITH read AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(message_ids)s::uuid[], %(users)s::bigint[], %(occurred_ats)s::timestamptz[],
        %(kinds)s::smallint[], %(codes)s::text[], %(responders)s::bigint[],
        %(response_counters)s::bigint[]
    ) AS r (message_id, user_id, occurred_at, kind, code, responder, response_counter)
), dated AS (
    UPDATE dated_message AS m
    SET user_id = r.user_id, occurred_at = r.occurred_at, kind = r.kind, code = r.code,
        responder = r.responder, response_counter = r.response_counter
    FROM read AS r
    WHERE m.message_id = r.message_id
)
UPDATE undated_message AS m
SET user_id = r.user_id, occurred_at = r.occurred_at, kind = r.kind, code = r.code,
    responder = r.responder, response_counter = r.response_counter
FROM read AS r
WHERE m.message_id = r.message_id
