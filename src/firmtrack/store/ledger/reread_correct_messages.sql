-- What a message's own row holds of it, as it is read now. A dated message moves to the month of its time;
-- one of which no time was known stood among the undated.
WITH read AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(message_ids)s::uuid[], %(users)s::bigint[], %(occurred_ats)s::timestamptz[],
        %(kinds)s::smallint[], %(codes)s::text[], %(responders)s::bigint[],
        %(response_counters)s::bigint[], %(are_dated)s::boolean[]
    ) AS r (message_id, user_id, occurred_at, kind, code, responder, response_counter, is_dated)
), dated AS (
    UPDATE dated_message AS m
    SET user_id = r.user_id, occurred_at = r.occurred_at, kind = r.kind, code = r.code,
        responder = r.responder, response_counter = r.response_counter
    FROM read AS r
    WHERE m.message_id = r.message_id
), moved AS (
    DELETE FROM undated_message AS m
    USING read AS r
    WHERE m.message_id = r.message_id AND r.is_dated
    RETURNING m.message_id, r.user_id, r.occurred_at, m.recorded_at, r.kind, r.code, m.body,
        m.submitter, m.token, r.responder, r.response_counter
), found AS (
    INSERT INTO dated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body,
        submitter, token, responder, response_counter)
    SELECT * FROM moved
)
UPDATE undated_message AS m
SET user_id = r.user_id, occurred_at = r.occurred_at, kind = r.kind, code = r.code,
    responder = r.responder, response_counter = r.response_counter
FROM read AS r
WHERE m.message_id = r.message_id AND NOT r.is_dated
