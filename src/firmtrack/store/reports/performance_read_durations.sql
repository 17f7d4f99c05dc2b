-- How long the visible requests' distributions took to each stage: of every group the percentiles
-- and how many they are of.
WITH visible AS MATERIALIZED (
    SELECT v.*
    FROM ({visible_requests.sql}) AS v
), by_request AS (
    SELECT GROUPING(v.week, v.originator, v.firmware_version) AS left_out,
        v.week, v.originator, v.firmware_version, d.stage, h.step, sum(h.count) AS count
    FROM visible AS v
    JOIN performance_duration AS d USING (request_key)
    CROSS JOIN unnest(d.steps, d.counts) AS h (step, count)
    WHERE d.segment_key = 0
    GROUP BY GROUPING SETS (
        (d.stage, h.step),
        (v.week, d.stage, h.step),
        (v.originator, d.stage, h.step),
        (v.firmware_version, d.stage, h.step)
    )
), by_segment AS (
    SELECT d.segment_key, d.stage, h.step, sum(h.count) AS count
    FROM visible AS v
    JOIN performance_duration AS d USING (request_key)
    CROSS JOIN unnest(d.steps, d.counts) AS h (step, count)
    WHERE d.segment_key > 0
    GROUP BY d.segment_key, d.stage, h.step
), labelled AS (
    SELECT
        CASE left_out
            WHEN 3 THEN 'week' WHEN 5 THEN 'supplier' WHEN 6 THEN 'firmware_version' ELSE 'all'
        END AS dimension,
        array_remove(ARRAY[week::text, originator::text, firmware_version], NULL) AS value,
        stage, step, count
    FROM by_request
    UNION ALL
    SELECT g.dimension, g.value, m.stage, m.step, sum(m.count)
    FROM by_segment AS m
    JOIN device_segment AS s USING (segment_key)
    CROSS JOIN LATERAL (
        VALUES ('csp_region', ARRAY[s.csp_region]), ('device_type', ARRAY[s.device_type]),
            ('model', ARRAY[s.device_type, s.manufacturer, s.model])
    ) AS g (dimension, value)
    GROUP BY g.dimension, g.value, m.stage, m.step
), summed AS (
    SELECT dimension, value, stage, step,
        sum(count) OVER (PARTITION BY dimension, value, stage ORDER BY step)::bigint AS so_far,
        sum(count) OVER (PARTITION BY dimension, value, stage)::bigint AS samples
    FROM labelled
)
SELECT dimension, value, stage,
    min(step) FILTER (WHERE so_far * 100 >= samples * 50) AS p50_step,
    min(step) FILTER (WHERE so_far * 100 >= samples * 95) AS p95_step,
    samples
FROM summed
GROUP BY dimension, value, stage, samples
