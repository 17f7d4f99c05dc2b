-- settled: nothing that names the request for a single device, from whole_at on, changes what
-- attribution sees.
SELECT request_key AS key, originator, target, counter,
    stated_version IS NOT NULL AND whole_at IS NOT NULL AND NOT (step_stage = 2 AND step_failed)
        AS is_settled,
    whole_at
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (originator, target, counter)
JOIN request USING (originator, target, counter)
