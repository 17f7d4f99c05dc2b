-- All that the viewer may see of one device, and the audit of having looked: on every row the device's
-- inventory facts, what was said of its activations and when its supplier last changed; its
-- distributions, newest request first; in each all that was said of it, in the order of precedence.
-- What was said is the device's own events, each with the request that it belongs to, and the steps of
-- the requests that name it and have not refused it. One statement, because the look-up is asked
-- thousands of times a second and each statement costs as much again.
WITH named AS MATERIALIZED (
    SELECT d.request_key, d.refused, r.message_id, r.recorded_at, r.firmware_version, r.image_hash,
        coalesce(r.submitted_at, r.recorded_at) AS submitted_at
    FROM distribution AS d
    JOIN request AS r USING (request_key)
    WHERE d.device_id = %(device_id)s
), visible AS MATERIALIZED (
    SELECT c.*, r.image, r.statement_count,
        %(sees_all)s OR c.originator = ANY (%(user_ids)s) AS is_own
    FROM current_distribution AS c
    JOIN request AS r USING (request_key)
    WHERE c.device_id = %(device_id)s
      AND (
          %(sees_all)s
          OR c.originator = ANY (%(user_ids)s)
          OR %(sees_others_updates)s
              AND (c.stage > 2 OR (c.stage = 2 AND NOT c.failed))
              AND EXISTS (
                  SELECT FROM device AS v
                  WHERE v.device_id = c.device_id AND v.responsible_supplier = ANY (%(user_ids)s)
              )
      )
), told AS MATERIALIZED (
    SELECT json_agg(t.word)::text AS activation_words
    FROM told_activation AS t
    WHERE t.device_id = %(device_id)s AND (%(sees_all)s OR t.originator = ANY (%(user_ids)s))
), befallen AS MATERIALIZED (
    SELECT json_agg(t.incident)::text AS incidents
    FROM told_incidents(%(device_id)s) AS t
), said AS (
    SELECT coalesce(e.request_key, found.request_key) AS request_key, e.message_id, e.stage,
        e.failed, e.occurred_at, e.recorded_at, true AS names_device, e.reason, e.device_time,
        e.comms_hub_id, e.firmware_version, e.image_hash, found.evidence
    FROM event AS e
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version, e.addressee
    ) AS found ON true
    WHERE e.device_id = %(device_id)s
    UNION ALL
    SELECT request_key, s.message_id, s.stage, s.failed, s.occurred_at, s.recorded_at, false,
        s.reason, NULL, NULL, NULL, NULL, NULL
    FROM named
    JOIN request_step AS s USING (request_key)
    WHERE NOT refused
    UNION ALL
    SELECT request_key, message_id, 1, false, submitted_at, recorded_at, false, NULL, NULL, NULL,
        firmware_version, image_hash, NULL
    FROM named
    WHERE message_id IS NOT NULL
), audited AS (
    INSERT INTO lookup_audit (viewer, kind, term, row_count, as_of)
    SELECT %(viewer)s, 'device', %(term)s, count(*), %(as_of)s::timestamptz FROM visible
)
SELECT
    EXISTS (
        SELECT FROM device_acquaintance AS a
        WHERE a.device_id = asked.device_id AND a.user_id = ANY (%(user_ids)s)
    ) AS is_acquainted,
    v.device_id, v.learnt_at, v.message_id, v.device_type, v.smets_version, v.csp_region,
    v.manufacturer, v.model, v.device_status, v.firmware_version, v.firmware_version_status, v.gbcs_version,
    v.comms_hub_id, v.responsible_supplier, v.smi_firmware_version, v.older,
    (SELECT activation_words FROM told) AS activation_words,
    (
        SELECT max(w.told_at)
        FROM supplier_change AS w
        WHERE w.device_id = asked.device_id
    ) AS supplier_changed_at,
    (
        SELECT json_agg(t.candidate)::text
        FROM told_candidate AS t
        WHERE t.device_id = asked.device_id
    ) AS candidates,
    c.is_own, c.image::text AS image, c.statement_count,
    c.request_key, c.originator, c.target, c.counter, c.variant, c.firmware_version, c.image_hash,
    c.submitted_at, c.stage, c.failed, c.reason, c.occurred_at, c.addressee,
    h.request_key, h.stage, h.failed, h.occurred_at, h.recorded_at, h.names_device, h.reason,
    h.device_time, h.comms_hub_id, h.firmware_version, h.image_hash, h.evidence, m.kind, m.code,
    m.user_id, m.message_id, latest.user_id AS latest_user_id,
    (SELECT incidents FROM befallen) AS incidents
FROM (VALUES (%(device_id)s::bigint)) AS asked (device_id)
LEFT JOIN device AS v ON v.device_id = asked.device_id
LEFT JOIN message AS latest ON latest.message_id = v.message_id
LEFT JOIN (
    visible AS c
    FULL JOIN (said AS h JOIN message AS m USING (message_id)) ON h.request_key = c.request_key
) ON true
ORDER BY c.submitted_at DESC NULLS LAST, c.originator DESC, c.target DESC, c.counter DESC,
    h.stage DESC, h.names_device DESC, h.occurred_at DESC, m.message_id DESC
