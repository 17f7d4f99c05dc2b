-- Of each source from which anything ever came, as far as the viewer may be told: the last, and the
-- silence that 19 in 20 days did not exceed, of those that began in the same hour of the day, in Great
-- Britain, as the present one did.
--
-- Whoever sees all (own is null) is told the very last. Anybody else is told the last of its own, and,
-- where enough others send, in which step of time before the present one anything last came: what is
-- told then changes when a step ends, and never because something came.
SELECT told.source, told.region, told.last_at, told.is_in_crowd, usual.seconds AS usual_seconds
FROM (
    SELECT last.source, last.region,
        %(own)s::bigint[] IS NULL OR coalesce(users.others, 0) >= %(fewest_users)s AS is_in_crowd,
        CASE
            WHEN %(own)s::bigint[] IS NULL THEN last.recorded_at
            ELSE greatest(
                users.own_at,
                CASE WHEN users.others >= %(fewest_users)s
                    THEN date_bin(%(step)s, last.before_step_at, 'epoch')
                END
            )
        END AS last_at
    FROM (
        SELECT source, region, max(recorded_at) AS recorded_at,
            max(CASE WHEN recorded_at < %(step_began_at)s THEN recorded_at ELSE earlier_at END)
                AS before_step_at
        FROM (
            SELECT source, region, recorded_at, earlier_at FROM source_last
            UNION ALL
            SELECT source, region, recorded_at, NULL FROM arrival
        ) AS every
        GROUP BY source, region
    ) AS last
    LEFT JOIN (
        SELECT source, region, max(recorded_at) FILTER (WHERE user_id = ANY (%(own)s)) AS own_at,
            count(*) FILTER (
                WHERE user_id <> ALL (%(own)s)
                  AND first_at < %(step_began_at)s
                  AND recorded_at >= %(step_began_at)s::timestamptz - %(learnt_from)s::interval
            ) AS others
        FROM (
            SELECT source, region, user_id, min(first_at) AS first_at,
                max(recorded_at) AS recorded_at
            FROM (
                SELECT source, region, user_id, first_at, recorded_at FROM source_user
                UNION ALL
                SELECT source, region, user_id, recorded_at, recorded_at
                FROM arrival
                WHERE user_id IS NOT NULL
            ) AS every
            GROUP BY source, region, user_id
        ) AS by_user
        GROUP BY source, region
    ) AS users USING (source, region)
) AS told
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN count(*) >= %(fewest_days)s AND told.is_in_crowd
            THEN percentile_disc(0.95) WITHIN GROUP (ORDER BY s.longest_seconds)
        END AS seconds
    FROM source_silence AS s
    WHERE s.source = told.source AND s.region = told.region
      AND s.hour_at >= %(now)s::timestamptz - %(learnt_from)s::interval
      AND extract(hour FROM s.hour_at AT TIME ZONE 'Europe/London')
          = extract(hour FROM told.last_at AT TIME ZONE 'Europe/London')
) AS usual
WHERE told.last_at IS NOT NULL
ORDER BY told.source, told.region
