-- Where what is kept beside the facts is not what the facts come to, all in one snapshot. Of old months
-- facts may have gone, and others not yet, that nobody sees any more: firmtrack.store.retention.
WITH kept AS (
    SELECT coalesce(
            (SELECT kept_from FROM retention WHERE kind = 'facts'), '-infinity'
        ) AS kept_from,
        EXISTS (SELECT FROM preparing_prune) AS is_pruning
), attributed AS (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
        e.occurred_at, e.stage, e.failed, e.reason, e.addressee
    FROM event AS e
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version, e.addressee
    ) AS found ON true
), greatest_event AS (
    SELECT DISTINCT ON (device_id, request_key) *
    FROM attributed
    WHERE request_key IS NOT NULL
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
), naming AS (
    SELECT device_id, request_key, min(occurred_at) AS named_at, max(stage) AS stage,
        bool_or(stage = 2 AND failed) AS refused,
        (array_agg(stage = 2 AND failed ORDER BY stage DESC, occurred_at DESC, message_id DESC))[1]
            AS ends_refused
    FROM event
    WHERE request_key IS NOT NULL
    GROUP BY device_id, request_key
), greatest_step AS (
    SELECT DISTINCT ON (request_key) *
    FROM request_step
    ORDER BY request_key, stage DESC, occurred_at DESC, message_id DESC
), stated AS (
    -- Each fact of a device, and the device itself as a fact without a name or a value.
    SELECT s.device_id, f.name, f.value, coalesce(s.learnt_at, '-infinity') AS learnt_at,
        s.message_id, s.recorded_at
    FROM inventory_statement AS s
    CROSS JOIN LATERAL (
        SELECT name, value
        FROM jsonb_each(
            jsonb_strip_nulls(to_jsonb(s)) - '{device_id, message_id, taken_by, recorded_at,
                learnt_at, user_id, message_kind, code}'::text[]
        ) AS fact (name, value)
        UNION ALL
        SELECT '', NULL
    ) AS f
), latest_statement AS (
    SELECT DISTINCT ON (device_id, name) *
    FROM stated
    ORDER BY device_id, name, learnt_at DESC, message_id DESC, recorded_at DESC
), known AS (
    SELECT d.device_id, f.name, f.value,
        coalesce(
            CASE
                WHEN d.older ? f.name THEN (d.older -> f.name ->> 0)::timestamptz
                ELSE d.learnt_at
            END,
            '-infinity'
        ) AS learnt_at,
        coalesce((d.older -> f.name ->> 1)::uuid, d.message_id) AS message_id
    FROM device AS d
    CROSS JOIN LATERAL (
        SELECT name, value
        FROM jsonb_each(
            jsonb_strip_nulls(to_jsonb(d)) - '{device_id, message_id, learnt_at, older, changed_segment}'::text[]
        ) AS fact (name, value)
        UNION ALL
        SELECT '', NULL
    ) AS f
), disagreement AS (
    SELECT 'distribution_is_not_its_greatest_event' AS kind, device_id, request_key,
        coalesce(d.message_id, g.message_id) AS message_id
    FROM distribution AS d
    FULL JOIN greatest_event AS g USING (device_id, request_key)
    WHERE (d.message_id, d.occurred_at, d.stage, d.failed, d.reason, d.addressee)
        IS DISTINCT FROM (g.message_id, g.occurred_at, coalesce(g.stage, 0::smallint),
            coalesce(g.failed, false), g.reason, g.addressee)
      -- What was left to be folded is known to be as it was.
      AND device_id NOT IN (SELECT u.device_id FROM unfolded_device AS u)
      AND (d.request_key IS NOT NULL OR g.occurred_at >= (SELECT kept_from FROM kept))
    UNION ALL
    SELECT 'distribution_is_not_what_names_it', d.device_id, d.request_key, d.message_id
    FROM distribution AS d
    JOIN request AS r USING (request_key)
    LEFT JOIN naming AS n USING (device_id, request_key)
    WHERE (least(r.whole_at, d.named_at), d.refused, d.declined)
        IS DISTINCT FROM (
            least(r.whole_at, n.named_at),
            coalesce(n.refused, false),
            CASE
                WHEN n.refused THEN n.ends_refused
                ELSE r.step_stage = 2 AND r.step_failed AND coalesce(n.stage, 0) < 2
            END
        )
    UNION ALL
    SELECT 'request_is_not_at_its_greatest_step', NULL, r.request_key, r.step_message_id
    FROM request AS r
    LEFT JOIN greatest_step AS s USING (request_key)
    WHERE (r.step_message_id, r.step_occurred_at, r.step_stage, r.step_failed, r.step_reason)
        IS DISTINCT FROM (s.message_id, s.occurred_at, coalesce(s.stage, 1::smallint),
            coalesce(s.failed, false), s.reason)
    UNION ALL
    SELECT 'request_is_not_what_it_states', NULL, r.request_key, r.message_id
    FROM request AS r
    LEFT JOIN LATERAL (
        SELECT s.message_id, s.stated_version, s.image_hash,
            min(s.sent_at) OVER () AS first_sent_at
        FROM request_statement AS s
        WHERE s.request_key = r.request_key
        ORDER BY s.message_id
        LIMIT 1
    ) AS claim ON true
    LEFT JOIN (
        SELECT request_key, min(named_at) AS named_at
        FROM (
            SELECT request_key, named_at FROM naming
            UNION ALL
            -- What named it for devices whose updates have gone.
            SELECT n.request_key, n.named_at
            FROM request_naming AS n
            WHERE EXISTS (SELECT FROM pruned_distribution AS p WHERE p.request_key = n.request_key)
        ) AS naming
        GROUP BY request_key
    ) AS n USING (request_key)
    LEFT JOIN (
        SELECT request_key, min(occurred_at) AS stepped_at
        FROM (
            SELECT request_key, occurred_at FROM request_step
            UNION ALL
            SELECT request_key, i.occurred_at
            FROM request_incident AS i
            JOIN request USING (originator, target, counter)
        ) AS step
        GROUP BY request_key
    ) AS stepped USING (request_key)
    WHERE (r.message_id, r.sent_at, r.stated_version, r.image_hash, r.stepped_at, r.submitted_at)
        IS DISTINCT FROM (claim.message_id, claim.first_sent_at, claim.stated_version,
            claim.image_hash, stepped.stepped_at,
            least(claim.first_sent_at, stepped.stepped_at, n.named_at))
    UNION ALL
    SELECT 'device_is_not_what_is_stated_of_it', device_id, NULL,
        (array_agg(coalesce(s.message_id, k.message_id) ORDER BY s.learnt_at DESC))[1]
    FROM latest_statement AS s
    FULL JOIN known AS k USING (device_id, name)
    WHERE (s.value, s.learnt_at, s.message_id) IS DISTINCT FROM (k.value, k.learnt_at, k.message_id)
    GROUP BY device_id
    UNION ALL
    SELECT DISTINCT 'fact_without_message', fact.device_id, fact.request_key, fact.message_id
    FROM (
        SELECT device_id, request_key, message_id
        FROM recorded_event, kept
        WHERE NOT is_pruning OR occurred_at >= kept_from
        UNION ALL
        SELECT NULL, request_key, message_id FROM recorded_request_step
        UNION ALL
        SELECT NULL, request_key, message_id FROM recorded_request_statement
        UNION ALL
        SELECT device_id, NULL, message_id FROM recorded_activation_event
        UNION ALL
        -- Facts of the inventory stay when their messages go.
        SELECT device_id, NULL, message_id
        FROM recorded_inventory_statement, kept
        WHERE message_id <> %(import_id)s
          AND (taken_by IS NULL AND learnt_at < kept_from) IS NOT TRUE
        UNION ALL
        SELECT NULL, NULL, taken_by
        FROM recorded_inventory_statement, kept
        WHERE taken_by IS NOT NULL AND (learnt_at < kept_from) IS NOT TRUE
        UNION ALL
        SELECT device_id, NULL, message_id
        FROM recorded_supplier_change, kept
        WHERE told_at >= kept_from
        UNION ALL
        SELECT device_id, NULL, message_id FROM proposal
        UNION ALL
        SELECT NULL, NULL, message_id
        FROM verdict, kept
        WHERE answered_at >= kept_from
    ) AS fact
    WHERE NOT EXISTS (SELECT FROM message AS m WHERE m.message_id = fact.message_id)
    UNION ALL
    SELECT 'message_without_facts', NULL, NULL, m.message_id
    FROM message AS m
    CROSS JOIN kept
    WHERE m.kind = ANY (%(kinds_with_facts)s)
      AND (is_pruning AND m.occurred_at < kept_from) IS NOT TRUE
      AND NOT EXISTS (SELECT FROM recorded_event AS e WHERE e.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM recorded_request_step AS s WHERE s.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM recorded_activation_event AS w WHERE w.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM recorded_supplier_change AS c WHERE c.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM proposal AS p WHERE p.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM verdict AS v WHERE v.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM recorded_device_incident AS i WHERE i.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM recorded_request_incident AS i WHERE i.message_id = m.message_id)
      AND NOT EXISTS (SELECT FROM recorded_comms_hub_incident AS i WHERE i.message_id = m.message_id)
    UNION ALL
    SELECT 'event_is_not_of_its_messages_time', e.device_id, e.request_key, e.message_id
    FROM recorded_event AS e
    JOIN dated_message AS m USING (message_id)
    WHERE e.occurred_at <> m.occurred_at
    UNION ALL
    SELECT 'message_among_those_of_other_kinds', NULL, NULL, message_id
    FROM dated_message
    WHERE kind = ANY (%(undated_kinds)s)
    UNION ALL
    SELECT 'message_among_those_of_other_kinds', NULL, NULL, message_id
    FROM undated_message
    WHERE NOT kind = ANY (%(undated_kinds)s) AND occurred_at IS NOT NULL
    UNION ALL
    SELECT 'request_without_distributions', NULL, r.request_key, r.message_id
    FROM request AS r
    WHERE r.message_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM distribution AS d WHERE d.request_key = r.request_key)
      AND NOT EXISTS (SELECT FROM pruned_distribution AS p WHERE p.request_key = r.request_key)
)
SELECT x.kind, x.device_id, r.originator, r.target, r.counter, x.message_id
FROM disagreement AS x
LEFT JOIN request AS r USING (request_key)
ORDER BY x.kind, r.originator, r.target, r.counter, x.device_id, x.message_id
LIMIT %(limit)s
