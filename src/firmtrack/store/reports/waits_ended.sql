-- Ended stays of all requests of a known kind that began on some days, by how long ago that is: 0
-- within the days of late, 1 within the window, 2 within twice the window, 3 earlier.
SELECT variant, stage, segment_key, age, outcome, array_agg(step) AS steps,
    array_agg(count) AS counts
FROM (
    SELECT r.variant, d.stage, d.segment_key, d.outcome, a.age, h.step, sum(h.count)::bigint AS count
    FROM stay AS d
    JOIN request AS r USING (request_key)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN d.entered_on > %(today)s - %(lately_days)s THEN 0
            WHEN d.entered_on > %(today)s - %(window_days)s THEN 1
            WHEN d.entered_on > %(today)s - 2 * %(window_days)s THEN 2
            ELSE 3
        END AS age
    ) AS a
    CROSS JOIN unnest(d.steps, d.counts) AS h (step, count)
    WHERE r.variant IS NOT NULL AND d.entered_on > %(after)s AND d.entered_on <= %(until)s
    GROUP BY r.variant, d.stage, d.segment_key, d.outcome, a.age, h.step
) AS counted
GROUP BY variant, stage, segment_key, age, outcome
