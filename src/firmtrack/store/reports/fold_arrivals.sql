-- Take away the oldest of the arrivals before which no writer can add one any more, and keep of each
-- source the last and the longest silence that began within each hour. Return how many they were.
WITH taken AS (
    DELETE FROM arrival
    WHERE ctid = ANY (
        ARRAY(
            SELECT ctid
            FROM arrival
            WHERE recorded_at <= %(settled_at)s
            ORDER BY recorded_at
            LIMIT %(limit)s
        )
    )
    RETURNING source, region, user_id, recorded_at
), ordered AS (
    SELECT t.source, t.region, t.recorded_at,
        greatest(
            last.recorded_at,
            lag(t.recorded_at) OVER (PARTITION BY t.source, t.region ORDER BY t.recorded_at)
        ) AS before
    FROM taken AS t
    LEFT JOIN source_last AS last USING (source, region)
), silent AS (
    INSERT INTO source_silence AS s (source, region, hour_at, longest_seconds)
    SELECT source, region, date_trunc('hour', before),
        least(floor(extract(epoch FROM max(recorded_at - before))), 2147483647)
    FROM ordered
    WHERE before < recorded_at
    GROUP BY source, region, date_trunc('hour', before)
    ON CONFLICT (source, region, hour_at)
        DO UPDATE SET longest_seconds = greatest(s.longest_seconds, excluded.longest_seconds)
), lasting AS (
    INSERT INTO source_last AS l (source, region, recorded_at, earlier_at)
    SELECT source, region, newest_at,
        max(recorded_at) FILTER (WHERE recorded_at < date_bin(%(step)s, newest_at, 'epoch'))
    FROM (
        SELECT source, region, recorded_at,
            max(recorded_at) OVER (PARTITION BY source, region) AS newest_at
        FROM taken
    ) AS with_newest
    GROUP BY source, region, newest_at
    ON CONFLICT (source, region) DO UPDATE
    SET recorded_at = greatest(l.recorded_at, excluded.recorded_at),
        earlier_at = greatest(
            l.earlier_at,
            excluded.earlier_at,
            CASE WHEN l.recorded_at < date_bin(%(step)s, excluded.recorded_at, 'epoch')
                THEN l.recorded_at
            END
        )
), known AS (
    INSERT INTO source_user AS u (source, region, user_id, first_at, recorded_at)
    SELECT source, region, user_id, min(recorded_at), max(recorded_at)
    FROM taken
    WHERE user_id IS NOT NULL
    GROUP BY source, region, user_id
    ON CONFLICT (source, region, user_id)
        DO UPDATE SET recorded_at = greatest(u.recorded_at, excluded.recorded_at)
)
SELECT count(*) AS arrivals FROM taken
