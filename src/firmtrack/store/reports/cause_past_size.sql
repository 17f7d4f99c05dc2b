-- How many updates some requests have by now: no fewer than they had at any moment before.
SELECT coalesce(sum(n), 0)::bigint AS updates
FROM cause_count
CROSS JOIN LATERAL unnest(counts) AS n
WHERE request_key = ANY (%(request_keys)s)
