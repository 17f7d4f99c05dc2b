-- A settled request's time and firmware version cannot be changed by events that name it.
SELECT request_key, originator, target, counter,
    coalesce(sent_at, answered_at) IS NOT NULL AND stated_version IS NOT NULL AS is_settled
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (originator, target, counter)
JOIN request USING (originator, target, counter)
