-- Fold the next requests in the order of their keys anew from what was said of them; return the last
-- key, null if there is none. When a request was sent, its version, its image: what the request
-- itself said stays.
WITH chosen AS MATERIALIZED (
    SELECT request_key FROM request WHERE request_key > %(after)s ORDER BY request_key LIMIT %(limit)s
), step AS (
    SELECT s.request_key, min(s.occurred_at) AS first_at,
        min(s.occurred_at) FILTER (WHERE m.kind = %(response_kind)s) AS answered_at
    FROM chosen
    JOIN request_step AS s USING (request_key)
    JOIN message AS m USING (message_id)
    GROUP BY s.request_key
), greatest_step AS (
    SELECT DISTINCT ON (request_key) s.*
    FROM chosen
    JOIN request_step AS s USING (request_key)
    ORDER BY request_key, s.stage DESC, s.occurred_at DESC, s.message_id DESC
), told AS (
    SELECT d.request_key, min(e.occurred_at) AS first_at, min(e.firmware_version) AS firmware_version
    FROM chosen
    JOIN distribution AS d USING (request_key)
    JOIN event AS e USING (device_id, request_key)
    GROUP BY d.request_key
), folded AS (
    UPDATE request AS r
    SET answered_at = step.answered_at,
        named_at = least(step.first_at, told.first_at),
        claimed_version = told.firmware_version,
        step_occurred_at = g.occurred_at,
        step_message_id = g.message_id,
        step_stage = coalesce(g.stage, 1),
        step_failed = coalesce(g.failed, false),
        step_reason = g.reason
    FROM chosen
    LEFT JOIN step USING (request_key)
    LEFT JOIN greatest_step AS g USING (request_key)
    LEFT JOIN told USING (request_key)
    WHERE r.request_key = chosen.request_key
      AND (r.answered_at, r.named_at, r.claimed_version, r.step_occurred_at, r.step_message_id,
              r.step_stage, r.step_failed, r.step_reason)
          IS DISTINCT FROM (step.answered_at, least(step.first_at, told.first_at),
              told.firmware_version, g.occurred_at, g.message_id, coalesce(g.stage, 1::smallint),
              coalesce(g.failed, false), g.reason)
)
SELECT max(request_key) FROM chosen
