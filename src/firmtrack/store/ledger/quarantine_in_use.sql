SELECT coalesce(sum(greatest(coalesce(unpacked_bytes, octet_length(body)), %(least_bytes)s)), 0)::bigint
FROM quarantine
WHERE submitter = %(submitter)s AND replayed_at IS NULL
