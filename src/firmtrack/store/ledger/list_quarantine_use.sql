SELECT coalesce(w.submitter, o.submitter) AS submitter, coalesce(w.items, 0) AS items,
    coalesce(w.octets, 0)::bigint AS octets, coalesce(o.times, 0) AS times_refused,
    coalesce(o.octets, 0) AS octets_refused, o.last_at AS last_refused_at
FROM (
    SELECT submitter, count(*) AS items,
        sum(greatest(coalesce(unpacked_bytes, octet_length(body)), %(least_bytes)s)) AS octets
    FROM quarantine
    WHERE replayed_at IS NULL
    GROUP BY submitter
) AS w
FULL JOIN quarantine_overflow AS o ON o.submitter = w.submitter
ORDER BY 1
