-- How many updates of some requests stand how, counted now; no row of a request that has none. Updates that
-- stand alike by themselves are counted first: whether the request's own step outdoes them is asked once for
-- all of them. The same rule: the view current_distribution.
SELECT g.request_key,
    coalesce(sum(g.n) FILTER (WHERE completion = 'successful'), 0)::integer AS successful,
    coalesce(sum(g.n) FILTER (WHERE completion = 'in_progress'), 0)::integer AS in_progress,
    coalesce(sum(g.n) FILTER (WHERE completion = 'failed'), 0)::integer AS failed,
    coalesce(max(still.n), 0)::integer AS stalled,
    coalesce(array_agg(stage ORDER BY stage, reason) FILTER (WHERE completion = 'failed'), '{}') AS failure_stages,
    coalesce(array_agg(reason ORDER BY stage, reason) FILTER (WHERE completion = 'failed'), '{}') AS failure_reasons,
    coalesce(array_agg(g.n ORDER BY stage, reason) FILTER (WHERE completion = 'failed'), '{}') AS failure_counts,
    max(last_at) AS last_at
FROM (
    SELECT own.request_key, s.completion, CASE WHEN s.failed THEN s.stage END AS stage,
        CASE WHEN s.failed THEN s.reason END AS reason, sum(own.n)::integer AS n,
        max(s.last_at) AS last_at
    FROM (
        SELECT d.request_key, d.stage, d.failed, d.reason, d.refused, count(*) AS n,
            max(d.occurred_at) AS last_at
        FROM distribution AS d
        WHERE d.request_key = ANY (%(request_keys)s::bigint[])
        GROUP BY d.request_key, d.stage, d.failed, d.reason, d.refused
    ) AS own
    JOIN request AS r USING (request_key)
    CROSS JOIN LATERAL (SELECT own.refused OR own.stage >= r.step_stage AS is_own) AS o
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN is_own THEN own.stage ELSE r.step_stage END AS stage,
            CASE WHEN is_own THEN own.failed ELSE r.step_failed END AS failed,
            CASE WHEN is_own THEN own.reason ELSE r.step_reason END AS reason,
            CASE WHEN is_own THEN own.last_at ELSE r.step_occurred_at END AS last_at
    ) AS stands
    CROSS JOIN LATERAL (
        SELECT stands.*,
            CASE
                WHEN stands.failed THEN 'failed'
                WHEN stands.stage = 6 AND r.variant IS DISTINCT FROM '11.4' THEN 'successful'
                WHEN stands.stage = 7 AND r.variant IS DISTINCT FROM '11.1' THEN 'successful'
                ELSE 'in_progress'
            END AS completion
    ) AS s
    GROUP BY 1, 2, 3, 4
) AS g
LEFT JOIN (
    SELECT u.request_key, count(*) AS n
    FROM (SELECT * FROM stalled_update WHERE request_key = ANY (%(request_keys)s::bigint[])) AS u
    JOIN current_distribution AS c USING (request_key, device_id)
    WHERE c.stage = u.stage AND c.completion NOT IN ('failed', 'successful')
    GROUP BY u.request_key
) AS still USING (request_key)
GROUP BY g.request_key
