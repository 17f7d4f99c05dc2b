-- Of the requests in question what was proposed, with each time at which DCC said to have taken it.
SELECT p.originator, p.target, p.counter, p.message_id, p.device_id, p.facts, v.answered_at
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS touched (originator, target, counter)
JOIN proposal AS p USING (originator, target, counter)
JOIN verdict AS v USING (originator, target, counter)
WHERE v.is_accepted
