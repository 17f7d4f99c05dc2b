-- What the inventory holds of a device, whether the viewer may see it, and the Communications Hub
-- that the latest word about the device named. May see: DCC; a User that is its Responsible Supplier,
-- was party to a message that described it, or originated a request that DCC accepted for it (stage 2
-- or further): to name a device in a request is not enough.
SELECT
    %(sees_all)s
        OR coalesce(v.responsible_supplier = ANY (%(user_ids)s), false)
        OR EXISTS (
            SELECT FROM device_acquaintance AS a
            WHERE a.device_id = asked.device_id AND a.user_id = ANY (%(user_ids)s)
        )
        OR EXISTS (
            SELECT FROM current_distribution AS d
            WHERE d.device_id = asked.device_id AND d.originator = ANY (%(user_ids)s)
              AND (d.stage > 2 OR (d.stage = 2 AND NOT d.failed))
        ) AS is_shown,
    hub.comms_hub_id, hub.occurred_at, hub.message_id,
    v.device_id, v.learnt_at, v.message_id, v.device_type, v.smets_version, v.csp_region,
    v.manufacturer, v.model, v.device_status, v.firmware_version, v.firmware_version_status,
    v.gbcs_version, v.comms_hub_id, v.responsible_supplier, v.smi_firmware_version,
    v.older,
    (
        SELECT json_agg(t.word)::text
        FROM told_activation AS t
        WHERE t.device_id = asked.device_id
          AND (%(sees_all)s OR t.originator = ANY (%(user_ids)s))
    ) AS activation_words,
    (
        SELECT json_agg(t.candidate)::text
        FROM told_candidate AS t
        WHERE t.device_id = asked.device_id
    ) AS candidates
FROM (VALUES (%(device_id)s::bigint)) AS asked (device_id)
LEFT JOIN device AS v ON v.device_id = asked.device_id
LEFT JOIN LATERAL (
    SELECT e.comms_hub_id, e.occurred_at, e.message_id
    FROM event AS e
    WHERE e.device_id = asked.device_id AND e.comms_hub_id IS NOT NULL
    ORDER BY e.occurred_at DESC, e.message_id DESC
    LIMIT 1
) AS hub ON true
