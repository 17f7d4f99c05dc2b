-- Time the distributions of some requests by the first good event of each stage, the device's own or
-- about the whole request: how long they took to it, and how long they stayed there. A request of
-- which neither the time of sending nor of DCC's answer is known has no submission to count from; an
-- event from before the one that it is counted from, none. However long, a duration ends with the
-- scale.
--
-- How many rows a part has is not known when it is planned, and taken to be one: two parts that are
-- joined would each row of one look at all of the other. So what is known of a distribution is carried
-- along, and no part of many rows is joined with another.
WITH member AS MATERIALIZED (
    SELECT d.device_id, d.request_key, d.refused, s.segment_key, s.csp_region,
        coalesce(named_hub.comms_hub_id, v.comms_hub_id) AS comms_hub_id,
        c.submitted_at, c.stage, c.failed, c.completion, c.occurred_at, outdone.at AS outdone_at
    FROM distribution AS d
    JOIN current_distribution AS c USING (device_id, request_key)
    LEFT JOIN device AS v USING (device_id)
    JOIN device_segment AS s
        ON s.csp_region = coalesce(v.csp_region, '')
        AND s.device_type = coalesce(v.device_type, '')
        AND s.manufacturer = coalesce(v.manufacturer, '')
        AND s.model = coalesce(v.model, '')
    LEFT JOIN LATERAL (
        SELECT e.comms_hub_id
        FROM event AS e
        WHERE e.device_id = d.device_id AND e.request_key = d.request_key
          AND e.comms_hub_id IS NOT NULL
        ORDER BY e.occurred_at DESC, e.message_id DESC
        LIMIT 1
    ) AS named_hub ON true
    LEFT JOIN LATERAL (
        SELECT min(later.occurred_at) AS at
        FROM current_distribution AS later
        WHERE c.completion = 'in_progress'
          AND later.device_id = d.device_id AND later.submitted_at > c.submitted_at
          AND later.completion = 'successful'
    ) AS outdone ON true
    WHERE d.request_key = ANY (%(request_keys)s)
), good_event AS (
    SELECT m.*, e.stage AS reached, e.occurred_at AS reached_at
    FROM member AS m
    JOIN event AS e USING (device_id, request_key)
    WHERE NOT e.failed
    UNION ALL
    SELECT m.*, e.stage, e.occurred_at
    FROM member AS m
    JOIN event AS e ON e.device_id = m.device_id AND e.request_key IS NULL
    CROSS JOIN LATERAL ({attributed_request.sql}) AS found
    WHERE NOT e.failed AND found.request_key = m.request_key
    UNION ALL
    SELECT m.*, w.stage, w.occurred_at
    FROM (
        SELECT request_key, stage, min(occurred_at) AS occurred_at
        FROM request_step
        WHERE request_key = ANY (%(request_keys)s) AND NOT failed
        GROUP BY request_key, stage
        UNION ALL
        SELECT request_key, 1, whole_at
        FROM request
        WHERE request_key = ANY (%(request_keys)s) AND sent_at IS NOT NULL
    ) AS w
    JOIN member AS m USING (request_key)
    WHERE NOT m.refused
), reached AS (
    SELECT *, lead(first_at) OVER (PARTITION BY request_key, device_id ORDER BY reached) AS next_at
    FROM (
        SELECT request_key, device_id, segment_key, csp_region, comms_hub_id, submitted_at, stage,
            failed, completion, occurred_at, outdone_at, reached, min(reached_at) AS first_at
        FROM good_event
        GROUP BY request_key, device_id, segment_key, csp_region, comms_hub_id, submitted_at, stage,
            failed, completion, occurred_at, outdone_at, reached
    ) AS first
), stayed AS MATERIALIZED (
    -- Of each stage that was reached the stay at it, but for the one that completes the update.
    -- Before DCC has answered, nothing that the device is counts. One odd time shall not decide how
    -- others' waits are judged: what is reported to have ended in the future counts nowhere below.
    SELECT w.request_key, w.device_id, w.reached AS stage, w.first_at,
        CASE WHEN w.reached > 1 THEN w.segment_key ELSE 0 END AS segment_key,
        CASE WHEN w.reached > 1 THEN w.csp_region ELSE '' END AS csp_region,
        CASE WHEN w.reached > 1 THEN w.comms_hub_id END AS comms_hub_id,
        CASE
            WHEN w.next_at IS NOT NULL THEN w.next_at
            WHEN w.failed THEN greatest(w.occurred_at, w.first_at)
            ELSE greatest(w.outdone_at, w.first_at)
        END AS ended_at,
        CASE
            WHEN w.next_at IS NOT NULL THEN 1
            WHEN w.failed THEN 2
            WHEN w.outdone_at IS NOT NULL THEN 3
            ELSE 0
        END AS outcome
    FROM reached AS w
    WHERE w.next_at >= w.first_at
       OR w.next_at IS NULL
           AND (w.failed OR w.completion = 'in_progress' AND w.stage = w.reached)
), lasted AS (
    SELECT s.request_key, s.segment_key, s.stage,
        (s.first_at AT TIME ZONE 'UTC')::date AS entered_on, s.outcome::smallint AS outcome,
        width_bucket(
            least(floor(date_part('epoch', s.ended_at - s.first_at)), %(longest_seconds)s)::integer,
            %(scale)s::integer[]
        )::smallint AS step
    FROM stayed AS s
    WHERE s.outcome > 0 AND s.ended_at < now() + interval '1 day'
), kept_stays AS (
    INSERT INTO stay
    SELECT request_key, segment_key, stage, entered_on, outcome, array_agg(step ORDER BY step),
        array_agg(count ORDER BY step)
    FROM (
        SELECT request_key, segment_key, stage, entered_on, outcome, step, count(*)::integer AS count
        FROM lasted
        GROUP BY request_key, segment_key, stage, entered_on, outcome, step
    ) AS counted
    GROUP BY request_key, segment_key, stage, entered_on, outcome
), kept_waits AS (
    INSERT INTO stay_in_progress
    SELECT request_key, segment_key, stage, floor(date_part('epoch', first_at) / 3600)::integer,
        count(*)
    FROM stayed
    WHERE outcome = 0
    GROUP BY 1, 2, 3, 4
), moved AS (
    SELECT request_key, csp_region, stage, floor(date_part('epoch', first_at) / 3600) AS hour,
        1 AS entered, 0 AS passed, NULL::timestamptz AS moved_at
    FROM stayed
    UNION ALL
    SELECT request_key, csp_region, stage, floor(date_part('epoch', ended_at) / 3600), 0, 1, ended_at
    FROM stayed
    WHERE outcome = 1 AND ended_at < now() + interval '1 day'
), kept_cohorts AS (
    INSERT INTO cohort
    SELECT request_key, csp_region, stage, max(moved_at), array_agg(hour::integer ORDER BY hour),
        array_agg(entered ORDER BY hour), array_agg(passed ORDER BY hour)
    FROM (
        SELECT request_key, csp_region, stage, hour, sum(entered)::integer AS entered,
            sum(passed)::integer AS passed, max(moved_at) AS moved_at
        FROM moved
        GROUP BY request_key, csp_region, stage, hour
    ) AS hourly
    GROUP BY request_key, csp_region, stage
), at_hub AS MATERIALIZED (
    SELECT request_key, stage, comms_hub_id,
        (array_agg(first_at ORDER BY first_at))[%(fewest_at_hub)s] AS began_at,
        (array_agg(first_at ORDER BY first_at) FILTER (WHERE outcome = 0))[%(fewest_at_hub)s]
            AS waiting_since,
        max(ended_at) FILTER (WHERE ended_at < now() + interval '1 day') AS moved_at,
        array_agg(device_id) FILTER (WHERE outcome = 0) AS waiting,
        array_agg(ended_at) AS endings
    FROM stayed
    WHERE comms_hub_id IS NOT NULL
    GROUP BY request_key, stage, comms_hub_id
    HAVING count(*) >= %(fewest_at_hub)s
), kept_at_hub AS (
    INSERT INTO stay_at_hub
    SELECT h.request_key, h.stage, w.device_id, h.comms_hub_id,
        greatest(h.waiting_since, h.moved_at), h.moved_at IS NOT NULL
    FROM at_hub AS h
    CROSS JOIN unnest(h.waiting) AS w (device_id)
    WHERE h.waiting_since IS NOT NULL
), hub_moved AS (
    SELECT h.request_key, h.stage,
        width_bucket(
            least(
                floor(date_part('epoch', s.ended_at - h.began_at)), %(longest_seconds)s
            )::integer,
            %(scale)s::integer[]
        )::smallint AS step
    FROM at_hub AS h
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(e.ended_at) AS ended_at
        FROM unnest(h.endings) AS e (ended_at)
        WHERE e.ended_at IS NULL OR e.ended_at >= h.began_at
    ) AS s
    WHERE s.count >= %(fewest_at_hub)s AND s.ended_at IS NOT NULL
), kept_hub_stays AS (
    INSERT INTO hub_stay
    SELECT request_key, stage, array_agg(step ORDER BY step), array_agg(count ORDER BY step)
    FROM (
        SELECT request_key, stage, step, count(*)::integer AS count
        FROM hub_moved
        GROUP BY request_key, stage, step
    ) AS counted
    GROUP BY request_key, stage
), duration AS (
    SELECT w.request_key, w.segment_key, least(w.reached, 6::smallint) AS stage,
        w.first_at - least(r.sent_at, r.answered_at) AS lasted
    FROM reached AS w
    JOIN request AS r USING (request_key)
    WHERE w.reached IN (4, 5)
       OR (w.reached = 6 AND r.variant = '11.1')
       OR (w.reached = 7 AND r.variant = '11.4')
), timed AS (
    SELECT request_key, segment_key, stage,
        width_bucket(
            least(floor(date_part('epoch', lasted)), %(longest_seconds)s)::integer,
            %(scale)s::integer[]
        ) AS step
    FROM duration
    WHERE lasted >= interval '0'
), histogram AS (
    SELECT request_key, segment_key, stage, step, count(*) AS count
    FROM timed
    GROUP BY request_key, segment_key, stage, step
    UNION ALL
    -- A page reads most of its figures without regard to segments: 0 stands for all of them.
    SELECT request_key, 0, stage, step, count(*)
    FROM timed
    GROUP BY request_key, stage, step
)
INSERT INTO performance_duration
SELECT request_key, segment_key, stage, array_agg(step::smallint ORDER BY step),
    array_agg(count::integer ORDER BY step)
FROM histogram
GROUP BY request_key, segment_key, stage
