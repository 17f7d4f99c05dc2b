-- When a cohort last passed, and in which hour since the epoch it first did.
SELECT request_key, csp_region, stage, moved_at,
    (SELECT min(h.hour) FROM unnest(hours, passed) AS h (hour, passed) WHERE h.passed > 0)
        AS first_hour
FROM cohort
WHERE request_key = ANY (%(request_keys)s) AND moved_at <= %(now)s
