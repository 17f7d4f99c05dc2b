-- How many updates of some requests stand how, counted now; no row of a request that has none.
SELECT g.request_key,
    coalesce(sum(n) FILTER (WHERE completion = 'successful'), 0)::integer AS successful,
    coalesce(sum(n) FILTER (WHERE completion = 'in_progress'), 0)::integer AS in_progress,
    coalesce(sum(n) FILTER (WHERE completion = 'failed'), 0)::integer AS failed,
    (
        SELECT count(*)
        FROM stalled_update AS u
        JOIN current_distribution AS c USING (request_key, device_id)
        WHERE u.request_key = g.request_key AND c.stage = u.stage
          AND c.completion NOT IN ('failed', 'successful')
    )::integer AS stalled,
    coalesce(array_agg(stage) FILTER (WHERE completion = 'failed'), '{{}}')
        AS failure_stages,
    coalesce(array_agg(reason) FILTER (WHERE completion = 'failed'), '{{}}')
        AS failure_reasons,
    coalesce(array_agg(n) FILTER (WHERE completion = 'failed'), '{{}}')
        AS failure_counts,
    max(last_at) AS last_at
FROM (
    SELECT c.request_key, c.completion, CASE WHEN c.failed THEN c.stage END AS stage,
        CASE WHEN c.failed THEN c.reason END AS reason, count(*)::integer AS n,
        max(c.occurred_at) AS last_at
    FROM current_distribution AS c
    WHERE c.request_key = ANY ({keys})
    GROUP BY 1, 2, 3, 4
) AS g
GROUP BY g.request_key
