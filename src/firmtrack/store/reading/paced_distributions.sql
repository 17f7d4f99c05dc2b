-- The pace of a request's distributions in progress, of those that have one: how long each has waited
-- since the first event of its status, compared with the limits of its cohort, or else with what the
-- operator calls slow. One that a later request of those that the viewer may see has outdone has none.
-- The same rules: firmtrack.diagnosis (situation, gathering, pace) and firmtrack.domain.pace.
--
-- What is known of many devices is looked for with all their IDs at once, and joined by a hash: to
-- look for it device by device took most of the time. What is in progress is asked for as neither
-- failed nor successful: by an equality the planner would expect a handful, and compare each with all.
WITH asked AS MATERIALIZED (
    SELECT r.request_key, coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
        -- No event that belongs to the request is earlier; null where that is not known.
        CASE WHEN r.whole_at IS NOT NULL THEN r.submitted_at END AS begun_at
    FROM request AS r
    WHERE r.request_key = (SELECT request_key FROM asked_request)
), standing AS MATERIALIZED (
    SELECT c.device_id, c.request_key, c.stage, c.occurred_at, c.refused
    FROM {current_distribution} AS c
    WHERE {is_asked} AND c.completion NOT IN ('failed', 'successful')
), outdone AS MATERIALIZED (
    SELECT later.device_id
    FROM {current_distribution} AS later
    WHERE later.device_id = ANY (ARRAY(SELECT device_id FROM standing))
      AND later.request_key <> (SELECT request_key FROM asked)
      AND later.submitted_at > (SELECT submitted_at FROM asked)
      AND later.completion = 'successful'
      AND {sees:later.originator}
), described AS MATERIALIZED (
    SELECT device_id, csp_region, device_type, manufacturer, model
    FROM {device} AS v
    WHERE v.device_id = ANY (ARRAY(SELECT device_id FROM standing))
), events_of_all AS MATERIALIZED (
    SELECT stage, min(occurred_at) AS first_at
    FROM (
        SELECT s.stage, s.occurred_at
        FROM {request_step} AS s
        WHERE s.request_key = (SELECT request_key FROM asked) AND NOT s.failed
        UNION ALL
        SELECT 1, asked.submitted_at
        FROM asked
        JOIN request AS r USING (request_key)
        WHERE r.message_id IS NOT NULL
    ) AS of_all
    GROUP BY stage
), limits AS MATERIALIZED (
    -- After how long a wait is slow and has stalled, but for what its hub tells.
    SELECT segment_key, stage, hub_seconds,
        coalesce(slow_seconds, 'infinity') AS slow_seconds,
        coalesce(
            least(
                CASE
                    WHEN still_seconds IS NOT NULL AND (
                        moved_at IS NULL
                        OR date_part('epoch', %(now)s::timestamptz - moved_at) > still_seconds
                    ) THEN allowed_seconds
                    WHEN num_nulls(allowed_seconds, left_seconds) = 0
                        THEN greatest(allowed_seconds, left_seconds)
                END,
                CASE WHEN %(now)s::timestamptz >= silent_from THEN silent_seconds END
            ),
            'infinity'
        ) AS stalled_seconds
    FROM wait_limit
    WHERE request_key = (SELECT request_key FROM asked)
), waiting AS MATERIALIZED (
    SELECT s.device_id, s.request_key, s.stage, s.occurred_at,
        date_part('epoch', %(now)s::timestamptz - least(s.occurred_at, every.first_at)) AS waited,
        coalesce(l.slow_seconds, %(slow_seconds)s::double precision) AS slow_seconds,
        CASE
            WHEN l.stage IS NULL THEN %(slow_seconds)s::double precision * %(stalled_multiple)s
            ELSE least(
                l.stalled_seconds,
                CASE
                    WHEN date_part('epoch', %(now)s::timestamptz - h.since) > l.hub_seconds
                        THEN l.hub_seconds
                END
            )
        END AS stalled_seconds
    FROM standing AS s
    LEFT JOIN events_of_all AS every ON every.stage = s.stage AND NOT s.refused
    LEFT JOIN described AS v USING (device_id)
    LEFT JOIN device_segment AS g
        ON g.csp_region = coalesce(v.csp_region, '')
        AND g.device_type = coalesce(v.device_type, '')
        AND g.manufacturer = coalesce(v.manufacturer, '')
        AND g.model = coalesce(v.model, '')
    LEFT JOIN limits AS l
        ON l.stage = s.stage
        -- Before DCC has answered, no fact of the device counts.
        AND l.segment_key = CASE WHEN s.stage > 1 THEN g.segment_key ELSE 0 END
    LEFT JOIN stay_at_hub AS h
        ON h.request_key = (SELECT request_key FROM asked)
        AND h.stage = s.stage AND h.device_id = s.device_id
    WHERE s.device_id NOT IN (SELECT device_id FROM outdone)
), doubtful AS MATERIALIZED (
    -- A device's own earlier events of the stage count, but are looked for only where a wait since the
    -- request began would be of another pace.
    SELECT w.device_id, w.request_key, w.stage, w.occurred_at
    FROM waiting AS w
    WHERE w.waited <= w.stalled_seconds
      AND coalesce(
          date_part('epoch', %(now)s::timestamptz - (SELECT begun_at FROM asked)), 'infinity'
      ) > CASE
          WHEN w.waited <= w.slow_seconds THEN least(w.slow_seconds, w.stalled_seconds)
          ELSE w.stalled_seconds
      END
), earlier AS MATERIALIZED (
    SELECT e.device_id, min(e.occurred_at) AS first_at
    FROM doubtful AS d
    JOIN {event} AS e USING (device_id)
    WHERE e.device_id = ANY (ARRAY(SELECT device_id FROM doubtful))
      AND e.stage = d.stage AND NOT e.failed AND e.occurred_at < d.occurred_at
      -- By no equality alone: it would be a key of the join, and found of each event.
      AND (e.request_key = d.request_key OR e.request_key IS NULL AND d.request_key = ({attributed}))
    GROUP BY e.device_id
)
SELECT w.device_id, w.stage,
    CASE
        WHEN whole.waited > w.stalled_seconds THEN %(stalled)s::text
        WHEN whole.waited > w.slow_seconds THEN %(slow)s::text
        ELSE %(usual)s::text
    END AS pace
FROM waiting AS w
LEFT JOIN earlier USING (device_id)
CROSS JOIN LATERAL (
    SELECT greatest(w.waited, date_part('epoch', %(now)s::timestamptz - earlier.first_at)) AS waited
) AS whole
WHERE w.stalled_seconds IS NOT NULL
