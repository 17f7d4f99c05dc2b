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
    RETURNING source, region, recorded_at
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
    INSERT INTO source_last AS l (source, region, recorded_at)
    SELECT source, region, max(recorded_at)
    FROM taken
    GROUP BY source, region
    ON CONFLICT (source, region)
        DO UPDATE SET recorded_at = greatest(l.recorded_at, excluded.recorded_at)
)
SELECT count(*) AS arrivals FROM taken
