-- Where what is kept beside the facts is not what the facts come to, all in one snapshot.
WITH attributed AS (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
        e.occurred_at, e.stage, e.failed, e.reason
    FROM event AS e
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version
    ) AS found ON true
), greatest_event AS (
    SELECT DISTINCT ON (device_id, request_key) *
    FROM attributed
    WHERE request_key IS NOT NULL
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
), refusal AS (
    SELECT DISTINCT device_id, request_key, true AS refused
    FROM event
    WHERE stage = 2 AND failed AND request_key IS NOT NULL
), greatest_step AS (
    SELECT DISTINCT ON (request_key) *
    FROM request_step
    ORDER BY request_key, stage DESC, occurred_at DESC, message_id DESC
), disagreement AS (
    SELECT 'distribution_is_not_its_greatest_event' AS kind, device_id, request_key,
        coalesce(d.message_id, g.message_id) AS message_id
    FROM distribution AS d
    FULL JOIN greatest_event AS g USING (device_id, request_key)
    LEFT JOIN refusal AS r USING (device_id, request_key)
    WHERE (d.message_id, d.occurred_at, d.stage, d.failed, d.reason, d.refused)
        IS DISTINCT FROM (g.message_id, g.occurred_at, coalesce(g.stage, 0::smallint),
            coalesce(g.failed, false), g.reason, coalesce(r.refused, false))
    UNION ALL
    SELECT 'request_is_not_at_its_greatest_step', NULL, r.request_key, r.step_message_id
    FROM request AS r
    LEFT JOIN greatest_step AS s USING (request_key)
    WHERE (r.step_message_id, r.step_occurred_at, r.step_stage, r.step_failed, r.step_reason)
        IS DISTINCT FROM (s.message_id, s.occurred_at, coalesce(s.stage, 1::smallint),
            coalesce(s.failed, false), s.reason)
    UNION ALL
    SELECT 'fact_without_message', said.device_id, said.request_key, said.message_id
    FROM (
        SELECT device_id, request_key, message_id FROM event
        UNION ALL
        SELECT NULL, request_key, message_id FROM request_step
        UNION ALL
        SELECT NULL, request_key, message_id FROM request WHERE message_id IS NOT NULL
        UNION ALL
        SELECT device_id, NULL, message_id FROM activation_word
        UNION ALL
        SELECT device_id, NULL, message_id FROM supplier_word WHERE message_id <> %(import_id)s
        UNION ALL
        SELECT device_id, NULL, message_id FROM proposal
        UNION ALL
        SELECT NULL, NULL, message_id FROM verdict
    ) AS said
    WHERE NOT EXISTS (SELECT FROM message AS m WHERE m.message_id = said.message_id)
    UNION ALL
    SELECT 'message_without_facts', NULL, NULL, m.message_id
    FROM message AS m
    WHERE m.kind = ANY (%(kinds_with_facts)s)
      AND NOT EXISTS (SELECT FROM event AS e WHERE e.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM request_step AS s WHERE s.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM activation_word AS w WHERE w.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM supplier_word AS w WHERE w.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM proposal AS p WHERE p.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM verdict AS v WHERE v.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM device_incident AS i WHERE i.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM request_incident AS i WHERE i.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM comms_hub_incident AS i WHERE i.message_id = m.message_id)
    UNION ALL
    SELECT 'request_without_distributions', NULL, r.request_key, r.message_id
    FROM request AS r
    WHERE r.message_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM distribution AS d WHERE d.request_key = r.request_key)
)
SELECT x.kind, x.device_id, r.originator, r.target, r.counter, x.message_id
FROM disagreement AS x
LEFT JOIN request AS r USING (request_key)
ORDER BY x.kind, r.originator, r.target, r.counter, x.device_id, x.message_id
LIMIT %(limit)s
