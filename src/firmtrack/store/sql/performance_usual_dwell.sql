-- What is usual, counted from every request's histograms, in groups of at least so many samples. A
-- group is of facts that are known.
WITH merged AS MATERIALIZED (
    SELECT r.variant, d.stage, d.segment_key, h.step, sum(h.count) AS count
    FROM performance_dwell AS d
    JOIN request AS r USING (request_key)
    CROSS JOIN unnest(d.steps, d.counts) AS h (step, count)
    WHERE r.variant IS NOT NULL
    GROUP BY r.variant, d.stage, d.segment_key, h.step
), counted AS (
    SELECT m.variant, m.stage, g.facts, m.step, sum(m.count) AS count
    FROM merged AS m
    JOIN device_segment AS s USING (segment_key)
    CROSS JOIN LATERAL (
        VALUES ('{}'::text[]), (ARRAY[s.device_type]), (ARRAY[s.device_type, s.csp_region]),
            (ARRAY[s.device_type, s.csp_region, s.manufacturer, s.model])
    ) AS g (facts)
    WHERE '' <> ALL (g.facts)
    GROUP BY m.variant, m.stage, g.facts, m.step
), summed AS (
    SELECT variant, stage, facts, step,
        sum(count) OVER (PARTITION BY variant, stage, facts ORDER BY step) AS so_far,
        sum(count) OVER (PARTITION BY variant, stage, facts) AS samples
    FROM counted
)
INSERT INTO usual_dwell (variant, stage, facts, p50_step, p95_step, samples)
SELECT variant, stage, facts,
    min(step) FILTER (WHERE so_far * 100 >= samples * 50),
    min(step) FILTER (WHERE so_far * 100 >= samples * 95),
    samples
FROM summed
WHERE samples >= %(fewest)s
GROUP BY variant, stage, facts, samples
