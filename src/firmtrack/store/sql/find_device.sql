-- The device's inventory facts and, one a row, its distributions that the viewer may see.
SELECT
    EXISTS (
        SELECT FROM device_acquaintance AS a
        WHERE a.device_id = asked.device_id AND a.user_id = ANY (%(user_ids)s)
    ) AS is_acquainted,
    v.device_id, v.learnt_at, v.device_type, v.smets_version, v.csp_region, v.manufacturer, v.model,
    v.device_status, v.firmware_version, v.firmware_version_status, v.gbcs_version,
    c.request_key, c.originator, c.target, c.counter, c.variant, c.firmware_version, c.image_hash,
    c.submitted_at, c.stage, c.failed, c.reason, c.occurred_at
FROM (VALUES (%(device_id)s::bigint)) AS asked (device_id)
LEFT JOIN device AS v ON v.device_id = asked.device_id
LEFT JOIN current_distribution AS c
    ON c.device_id = asked.device_id
    AND (%(sees_all)s OR c.originator = ANY (%(user_ids)s))
ORDER BY c.submitted_at DESC, c.originator DESC, c.target DESC, c.counter DESC
