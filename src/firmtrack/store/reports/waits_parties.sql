-- How many requests of which originator have stays in which segment, by how long ago; those that began
-- when not all is kept count for nobody.
SELECT variant, stage, segment_key, age, originator, count(*) AS requests
FROM (
    SELECT DISTINCT r.variant, d.stage, d.segment_key, r.originator, d.request_key,
        CASE
            WHEN d.entered_on > %(today)s - %(lately_days)s THEN 0
            WHEN d.entered_on > %(today)s - %(window_days)s THEN 1
            WHEN d.entered_on > %(today)s - 2 * %(window_days)s THEN 2
            ELSE 3
        END AS age
    FROM stay AS d
    JOIN request AS r USING (request_key)
    WHERE r.variant IS NOT NULL AND d.entered_on > %(last_thinned_day)s
) AS seen
GROUP BY variant, stage, segment_key, age, originator
