-- Of the requests in question what was proposed, with each answer by which DCC took it.
SELECT p.originator, p.message_id, p.device_id, p.facts, m.kind AS message_kind, m.code,
    v.message_id AS taken_by, v.answered_at
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS touched (originator, target, counter)
JOIN proposal AS p USING (originator, target, counter)
JOIN verdict AS v USING (originator, target, counter)
JOIN message AS m ON m.message_id = p.message_id
WHERE v.is_accepted
