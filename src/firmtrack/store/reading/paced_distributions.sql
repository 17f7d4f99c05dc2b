-- The pace of a request's distributions in progress, of those that have one: how long each has waited
-- since the first event of its status, compared with the limits of its cohort, or else with what the
-- operator calls slow. One that a later request of those that the viewer may see has outdone has none.
-- The same rules: firmtrack.diagnosis (situation, gathering, pace) and firmtrack.domain.pace.
WITH standing AS MATERIALIZED (
    SELECT c.device_id, c.request_key, c.stage, c.occurred_at, d.refused,
        -- Before DCC has answered, no fact of the device counts.
        CASE WHEN c.stage > 1 THEN s.segment_key ELSE 0 END AS segment_key
    FROM current_distribution AS c
    {refused}
    LEFT JOIN device AS v USING (device_id)
    LEFT JOIN device_segment AS s
        ON s.csp_region = coalesce(v.csp_region, '')
        AND s.device_type = coalesce(v.device_type, '')
        AND s.manufacturer = coalesce(v.manufacturer, '')
        AND s.model = coalesce(v.model, '')
    WHERE c.originator = %(originator)s AND c.target = %(target)s AND c.counter = %(counter)s
      AND c.completion = 'in_progress'
      -- A scalar query is asked device by device, whatever the planner estimates.
      AND (
          SELECT true
          FROM current_distribution AS later
          WHERE later.device_id = c.device_id AND later.submitted_at > c.submitted_at
            AND later.completion = 'successful'
            AND {sees:later.originator}
          LIMIT 1
      ) IS NULL
), events_of_all AS MATERIALIZED (
    SELECT stage, min(occurred_at) AS first_at
    FROM (
        SELECT s.stage, s.occurred_at
        FROM request AS r
        JOIN request_step AS s USING (request_key)
        WHERE r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
          AND NOT s.failed
        UNION ALL
        SELECT 1, coalesce(r.submitted_at, r.recorded_at)
        FROM request AS r
        WHERE r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
          AND r.message_id IS NOT NULL
    ) AS of_all
    GROUP BY stage
), waiting AS (
    SELECT s.device_id, s.stage, s.request_key, s.segment_key,
        date_part(
            'epoch', %(now)s::timestamptz - least(s.occurred_at, own.first_at, every.first_at)
        ) AS waited
    FROM standing AS s
    LEFT JOIN events_of_all AS every ON every.stage = s.stage AND NOT s.refused
    LEFT JOIN LATERAL (
        SELECT min(e.occurred_at) AS first_at
        FROM event AS e
        WHERE e.device_id = s.device_id AND e.stage = s.stage AND NOT e.failed
          AND e.occurred_at < s.occurred_at
          AND s.request_key = coalesce(
              e.request_key,
              ({attributed})
          )
    ) AS own ON true
)
SELECT w.device_id, w.stage,
    CASE
        WHEN l.request_key IS NULL THEN CASE
            WHEN w.waited <= %(slow_seconds)s::double precision THEN %(usual)s::text
            WHEN w.waited <= %(slow_seconds)s::double precision * %(stalled_multiple)s
                THEN %(slow)s::text
            ELSE %(stalled)s::text
        END
        WHEN w.waited > l.allowed_seconds AND (
            w.waited > l.left_seconds
            OR l.still_seconds IS NOT NULL AND (
                l.moved_at IS NULL
                OR date_part('epoch', %(now)s::timestamptz - l.moved_at) > l.still_seconds
            )
        ) THEN %(stalled)s::text
        WHEN %(now)s::timestamptz >= l.silent_from AND w.waited > l.silent_seconds
            THEN %(stalled)s::text
        WHEN least(w.waited, date_part('epoch', %(now)s::timestamptz - h.since)) > l.hub_seconds
            AND h.since IS NOT NULL THEN %(stalled)s::text
        WHEN w.waited > l.slow_seconds THEN %(slow)s::text
        ELSE %(usual)s::text
    END AS pace
FROM waiting AS w
LEFT JOIN wait_limit AS l
    ON l.request_key = w.request_key AND l.segment_key = w.segment_key AND l.stage = w.stage
LEFT JOIN stay_at_hub AS h
    ON h.request_key = w.request_key AND h.stage = w.stage AND h.device_id = w.device_id
WHERE l.request_key IS NOT NULL OR %(slow_seconds)s::double precision IS NOT NULL
