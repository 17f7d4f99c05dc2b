INSERT INTO stream_worker AS w (worker_id, waiting, unacknowledged)
VALUES (%s, %s, %s)
ON CONFLICT (worker_id) DO UPDATE SET
    seen_at = clock_timestamp(),
    waiting = excluded.waiting,
    unacknowledged = excluded.unacknowledged
