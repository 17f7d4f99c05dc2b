-- Time the distributions of some requests by the first good word of each stage, the device's own or
-- about the whole request. A request of which neither the time of sending nor of DCC's answer is
-- known has no submission to count from; a word from before the one that it is counted from, none.
WITH member AS MATERIALIZED (
    SELECT d.device_id, d.request_key, d.refused, s.segment_key
    FROM distribution AS d
    LEFT JOIN device AS v USING (device_id)
    JOIN device_segment AS s
        ON s.csp_region = coalesce(v.csp_region, '')
        AND s.device_type = coalesce(v.device_type, '')
        AND s.manufacturer = coalesce(v.manufacturer, '')
        AND s.model = coalesce(v.model, '')
    WHERE d.request_key = ANY (%(request_keys)s)
), word AS (
    SELECT m.request_key, m.segment_key, m.device_id, e.stage, e.occurred_at
    FROM member AS m
    JOIN event AS e USING (device_id, request_key)
    WHERE NOT e.failed
    UNION ALL
    SELECT m.request_key, m.segment_key, m.device_id, e.stage, e.occurred_at
    FROM member AS m
    JOIN event AS e ON e.device_id = m.device_id AND e.request_key IS NULL
    CROSS JOIN LATERAL attributed_request(
        e.device_id, e.occurred_at, e.image_hash, e.firmware_version, e.addressee
    ) AS found
    WHERE NOT e.failed AND found.request_key = m.request_key
    UNION ALL
    SELECT m.request_key, m.segment_key, m.device_id, w.stage, w.occurred_at
    FROM (
        SELECT request_key, stage, min(occurred_at) AS occurred_at
        FROM request_step
        WHERE request_key = ANY (%(request_keys)s) AND NOT failed
        GROUP BY request_key, stage
        UNION ALL
        SELECT request_key, 1, sent_at
        FROM request
        WHERE request_key = ANY (%(request_keys)s) AND sent_at IS NOT NULL
    ) AS w
    JOIN member AS m USING (request_key)
    WHERE NOT m.refused
), reached AS (
    SELECT request_key, segment_key, stage, min(occurred_at) AS first_at,
        lead(min(occurred_at)) OVER (PARTITION BY request_key, device_id ORDER BY stage) AS next_at
    FROM word
    GROUP BY request_key, segment_key, device_id, stage
), duration AS (
    SELECT true AS is_dwell, w.request_key, w.segment_key, w.stage, w.next_at - w.first_at AS lasted
    FROM reached AS w
    JOIN request AS r USING (request_key)
    WHERE r.variant IS NOT NULL
    UNION ALL
    SELECT false, w.request_key, w.segment_key, least(w.stage, 6::smallint),
        w.first_at - coalesce(r.sent_at, r.answered_at)
    FROM reached AS w
    JOIN request AS r USING (request_key)
    WHERE w.stage IN (4, 5)
       OR (w.stage = 6 AND r.variant = '11.1')
       OR (w.stage = 7 AND r.variant = '11.4')
), timed AS (
    SELECT is_dwell, request_key, segment_key, stage,
        width_bucket(floor(date_part('epoch', lasted))::integer, %(scale)s::integer[]) AS step
    FROM duration
    WHERE lasted >= interval '0'
), histogram AS (
    SELECT is_dwell, request_key, segment_key, stage, step, count(*) AS count
    FROM timed
    GROUP BY is_dwell, request_key, segment_key, stage, step
    UNION ALL
    -- A page reads most of its figures without regard to segments: 0 stands for all of them.
    SELECT false, request_key, 0, stage, step, count(*)
    FROM timed
    WHERE NOT is_dwell
    GROUP BY request_key, stage, step
), packed AS (
    SELECT is_dwell, request_key, segment_key, stage,
        array_agg(step::smallint ORDER BY step) AS steps,
        array_agg(count::integer ORDER BY step) AS counts
    FROM histogram
    GROUP BY is_dwell, request_key, segment_key, stage
), dwelt AS (
    INSERT INTO performance_dwell
    SELECT request_key, segment_key, stage, steps, counts FROM packed WHERE is_dwell
)
INSERT INTO performance_duration
SELECT request_key, segment_key, stage, steps, counts FROM packed WHERE NOT is_dwell
