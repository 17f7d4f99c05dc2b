-- How long the visible requests' distributions took to each stage: of every group the percentiles
-- and how many they are of.
WITH merged AS MATERIALIZED (
    SELECT GROUPING(v.week, v.originator, v.firmware_version, d.segment_key) AS left_out,
        v.week, v.originator, v.firmware_version, d.segment_key, d.stage, h.step,
        sum(h.count) AS count
    FROM performance_request(
        %(sees_all)s, %(user_ids)s, %(supplier)s, %(first_at)s, %(end_at)s
    ) AS v
    JOIN performance_duration AS d USING (request_key)
    CROSS JOIN unnest(d.steps, d.counts) AS h (step, count)
    GROUP BY GROUPING SETS (
        (v.week, d.stage, h.step),
        (v.originator, d.stage, h.step),
        (v.firmware_version, d.stage, h.step),
        (d.segment_key, d.stage, h.step)
    )
), labelled AS (
    SELECT g.dimension, g.value, m.stage, m.step, m.count
    FROM merged AS m
    CROSS JOIN LATERAL (
        VALUES (7, 'week', ARRAY[m.week::text]), (11, 'supplier', ARRAY[m.originator::text]),
            (13, 'firmware_version', ARRAY[m.firmware_version])
    ) AS g (left_out, dimension, value)
    WHERE g.left_out = m.left_out
    UNION ALL
    SELECT g.dimension, g.value, m.stage, m.step, sum(m.count)::bigint
    FROM merged AS m
    JOIN device_segment AS s USING (segment_key)
    CROSS JOIN LATERAL (
        VALUES ('all', '{}'::text[]), ('csp_region', ARRAY[s.csp_region]),
            ('device_type', ARRAY[s.device_type]),
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
    min(step) FILTER (WHERE so_far * 100 >= samples * 50),
    min(step) FILTER (WHERE so_far * 100 >= samples * 95),
    samples
FROM summed
GROUP BY dimension, value, stage, samples
