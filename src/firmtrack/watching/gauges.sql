-- How the database fares, in one read that takes no longer as the store grows: what is counted is
-- found by an index of what waits, and counted up to a limit.
SELECT
    (SELECT count(*) FROM (
        SELECT FROM quarantine WHERE replayed_at IS NULL LIMIT %(at_most)s
    ) AS q) AS quarantine_waiting,
    (SELECT count(*) FROM (
        SELECT FROM notice WHERE state = 'waiting' LIMIT %(at_most)s
    ) AS n) AS notices_waiting,
    (SELECT count(*) FROM (
        SELECT FROM notice WHERE state = 'dead' LIMIT %(at_most)s
    ) AS n) AS notices_dead,
    (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - first.waits_since)), 0)
        FROM endpoint_queue AS q
        CROSS JOIN LATERAL (
            SELECT n.waits_since
            FROM notice AS n
            WHERE n.endpoint_id = q.endpoint_id AND n.state = 'waiting'
            ORDER BY n.sequence
            LIMIT 1
        ) AS first
    )::float8 AS notices_oldest_seconds,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - c.recorded_at), 0)
        FROM (SELECT recorded_at FROM status_change ORDER BY change_id LIMIT 1) AS c
    )::float8 AS changes_oldest_seconds,
    (SELECT count(*) FROM notice_endpoint WHERE disabled_at IS NULL AND removed_at IS NULL)
        AS endpoints,
    (SELECT count(*) FROM dispatcher WHERE seen_at > clock_timestamp() - %(alive)s::interval)
        AS dispatchers,
    (SELECT count(*) FROM stream_worker WHERE seen_at > clock_timestamp() - %(alive)s::interval)
        AS stream_workers,
    (SELECT waiting FROM stream_worker ORDER BY seen_at DESC LIMIT 1) AS stream_waiting,
    (SELECT unacknowledged FROM stream_worker ORDER BY seen_at DESC LIMIT 1)
        AS stream_unacknowledged,
    (SELECT count(*) FROM (
        SELECT FROM stalled_distribution
        WHERE found_at > now() - interval '1 day'  -- not clock_timestamp(), which no index takes
        LIMIT %(at_most)s
    ) AS s) AS stalled,
    (SELECT count(*) FROM (SELECT FROM unfolded_device LIMIT %(at_most)s) AS u) AS unfolded,
    (SELECT extract(epoch FROM clock_timestamp() - counted_at) FROM last_count
        WHERE figures = 'performance')::float8 AS performance_age_seconds,
    (SELECT extract(epoch FROM clock_timestamp() - counted_at) FROM last_count
        WHERE figures = 'arrivals')::float8 AS arrivals_age_seconds,
    pg_database_size(current_database()) AS database_bytes,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
    current_setting('max_connections')::integer AS connections_most,
    extract(epoch FROM clock_timestamp())::float8 AS clock
