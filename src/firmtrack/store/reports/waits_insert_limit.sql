INSERT INTO wait_limit
    (request_key, segment_key, stage, estimate_key, slow_seconds, allowed_seconds, still_seconds,
    moved_at, left_seconds, silent_from, silent_seconds, hub_seconds, passes, expected_passes)
VALUES
    (%(request_key)s, %(segment_key)s, %(stage)s, %(estimate_key)s, %(slow_seconds)s,
    %(allowed_seconds)s, %(still_seconds)s, %(moved_at)s, %(left_seconds)s, %(silent_from)s,
    %(silent_seconds)s, %(hub_seconds)s, %(passes)s, %(expected_passes)s)
