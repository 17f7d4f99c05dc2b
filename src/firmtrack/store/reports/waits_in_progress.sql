-- How many still wait, of all requests of a known kind, by the hour of their entry; after two weeks by
-- the day's noon, which is as good on a scale of steps of 2%%.
SELECT variant, stage, segment_key, hour, sum(count)::bigint AS count
FROM (
    SELECT r.variant, w.stage, w.segment_key, w.count,
        CASE
            WHEN w.entered_hour > %(young_hour)s THEN w.entered_hour
            ELSE w.entered_hour - w.entered_hour %% 24 + 12
        END AS hour
    FROM stay_in_progress AS w
    JOIN request AS r USING (request_key)
    WHERE r.variant IS NOT NULL AND w.entered_hour <= %(hour)s
) AS waiting
GROUP BY variant, stage, segment_key, hour
