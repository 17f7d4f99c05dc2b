-- Of each source from which anything ever came: the last, and the silence that 19 in 20 days did not
-- exceed, of those that began in the same hour of the day, in Great Britain, as the present one did.
SELECT last.source, last.region, last.recorded_at AS last_at, usual.seconds AS usual_seconds
FROM (
    SELECT source, region, max(recorded_at) AS recorded_at
    FROM (TABLE source_last UNION ALL TABLE arrival) AS every
    GROUP BY source, region
) AS last
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN count(*) >= %(fewest_days)s
            THEN percentile_disc(0.95) WITHIN GROUP (ORDER BY s.longest_seconds)
        END AS seconds
    FROM source_silence AS s
    WHERE s.source = last.source AND s.region = last.region
      AND s.hour_at >= %(now)s::timestamptz - %(learnt_from)s::interval
      AND extract(hour FROM s.hour_at AT TIME ZONE 'Europe/London')
          = extract(hour FROM last.recorded_at AT TIME ZONE 'Europe/London')
) AS usual
ORDER BY last.source, last.region
