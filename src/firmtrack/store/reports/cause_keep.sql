-- Keep how the updates of a request stand.
INSERT INTO cause_count (request_key, counted_at, has_waiting, profile_keys, standings, stages,
    reason_keys, days, counts, first_at, last_at)
VALUES (%(request_key)s, now(), %(has_waiting)s, %(profile_keys)s, %(standings)s, %(stages)s,
    %(reason_keys)s, %(days)s, %(counts)s, %(first_at)s, %(last_at)s)
ON CONFLICT (request_key) DO UPDATE
SET counted_at = excluded.counted_at, has_waiting = excluded.has_waiting,
    profile_keys = excluded.profile_keys, standings = excluded.standings,
    stages = excluded.stages, reason_keys = excluded.reason_keys, days = excluded.days,
    counts = excluded.counts, first_at = excluded.first_at, last_at = excluded.last_at
