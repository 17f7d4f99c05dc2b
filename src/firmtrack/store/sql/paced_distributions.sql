-- The pace of a request's distributions in progress, of those that have one: how long each has waited
-- since the first word of its status, compared with what is usual for its group, or else with what the
-- operator calls slow. One that a later request of those that the viewer may see has outdone has none.
-- The same rules: firmtrack.diagnosis (situation, gathering, pace) and firmtrack.domain.pace. Its
-- values are put in as literals, since COPY takes no parameters.
WITH standing AS MATERIALIZED (
    SELECT c.device_id, c.request_key, c.stage, c.occurred_at, d.refused, d.message_id,
        -- A request that only its alerts tell of: which kind it is, the device's type says.
        CASE
            WHEN c.variant IS NOT NULL OR c.stage = 1 THEN c.variant
            WHEN v.device_type = 'PPMID' THEN '11.4'
            WHEN v.device_type IN ('ESME', 'GSME', 'HCALCS') THEN '11.1'
        END AS variant,
        CASE
            WHEN c.stage > 1 THEN ARRAY[v.device_type, v.csp_region, v.manufacturer, v.model]
            ELSE ARRAY[]::text[]
        END AS facts
    FROM current_distribution AS c
    JOIN distribution AS d USING (device_id, request_key)
    LEFT JOIN device AS v USING (device_id)
    WHERE c.originator = {originator} AND c.target = {target} AND c.counter = {counter}
      AND c.completion = 'in_progress'
      -- A scalar query is asked device by device, whatever the planner estimates.
      AND (
          SELECT true
          FROM current_distribution AS later
          WHERE later.device_id = c.device_id AND later.submitted_at > c.submitted_at
            AND later.completion = 'successful'
            AND ({sees_all} OR later.originator = ANY ({user_ids}::bigint[]))
          LIMIT 1
      ) IS NULL
), measure AS MATERIALIZED (
    SELECT g.variant, g.stage, g.facts, coalesce(({seconds_within}::integer[])[u.p95_step], {slow_seconds}) AS slow_seconds
    FROM (
        SELECT DISTINCT variant, stage, facts FROM standing
    ) AS g
    LEFT JOIN LATERAL (
        SELECT known.p95_step
        FROM (
            VALUES (ARRAY[]::text[]), (g.facts[:1]), (g.facts[:2]), (g.facts[:4])
        ) AS narrowing (facts)
        JOIN usual_dwell AS known
            ON known.variant = g.variant AND known.stage = g.stage AND known.facts = narrowing.facts
        ORDER BY cardinality(known.facts) DESC
        LIMIT 1
    ) AS u ON true
), said_of_all AS MATERIALIZED (
    SELECT stage, min(occurred_at) AS first_at
    FROM (
        SELECT s.stage, s.occurred_at
        FROM request AS r
        JOIN request_step AS s USING (request_key)
        WHERE r.originator = {originator} AND r.target = {target} AND r.counter = {counter}
          AND NOT s.failed
        UNION ALL
        SELECT 1, coalesce(r.submitted_at, r.recorded_at)
        FROM request AS r
        WHERE r.originator = {originator} AND r.target = {target} AND r.counter = {counter}
          AND r.message_id IS NOT NULL
    ) AS said
    GROUP BY stage
), waiting AS (
    SELECT s.device_id, s.stage, m.slow_seconds,
        date_part('epoch', {now} - least(s.occurred_at, own.first_at, every.first_at)) AS waited
    FROM standing AS s
    JOIN measure AS m
        ON m.variant IS NOT DISTINCT FROM s.variant AND m.stage = s.stage AND m.facts = s.facts
    LEFT JOIN said_of_all AS every ON every.stage = s.stage AND NOT s.refused
    LEFT JOIN LATERAL (
        SELECT min(e.occurred_at) AS first_at
        FROM event AS e
        -- The word that decides is known already, and there is seldom another one.
        WHERE e.device_id = s.device_id AND e.message_id IS DISTINCT FROM s.message_id
          AND e.stage = s.stage AND NOT e.failed AND e.occurred_at < s.occurred_at
          AND s.request_key = coalesce(
              e.request_key,
              (
                  SELECT found.request_key
                  FROM attributed_request(
                      e.device_id, e.occurred_at, e.image_hash, e.firmware_version, e.addressee
                  ) AS found
              )
          )
    ) AS own ON true
    WHERE m.slow_seconds IS NOT NULL
)
SELECT device_id, stage,
    CASE
        WHEN waited <= slow_seconds THEN {usual}
        WHEN waited <= slow_seconds * {stalled_multiple} THEN {slow}
        ELSE {stalled}
    END AS pace
FROM waiting
