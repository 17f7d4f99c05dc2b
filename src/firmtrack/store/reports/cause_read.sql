-- How the updates of some requests stand: of each request arrays side by side.
SELECT request_key, profile_keys, standings, stages, reason_keys, days, counts, first_at, last_at
FROM cause_count
WHERE request_key = ANY (%(request_keys)s::bigint[])
