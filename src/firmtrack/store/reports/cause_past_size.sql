-- How many updates some requests have by now: no fewer than they had at any moment before.
SELECT coalesce(sum(count), 0)::bigint AS updates
FROM cause_count
WHERE request_key = ANY (%(request_keys)s)
