-- How many updates of some requests stand how, in PostgreSQL's binary form.
COPY (
    SELECT request_key, profile_key, standing, stage, reason_key, day, count, first_at, last_at
    FROM cause_count
    WHERE request_key = ANY (%(request_keys)s::bigint[])
) TO STDOUT (FORMAT binary)
