INSERT INTO device AS d
SELECT DISTINCT ON (device_id) *
FROM json_populate_recordset(NULL::device, %s)
ORDER BY device_id, learnt_at DESC NULLS LAST, message_id DESC
ON CONFLICT (device_id) DO UPDATE
SET learnt_at = excluded.learnt_at,
    message_id = excluded.message_id,
    device_type = excluded.device_type,
    smets_version = excluded.smets_version,
    csp_region = excluded.csp_region,
    manufacturer = excluded.manufacturer,
    model = excluded.model,
    device_status = excluded.device_status,
    firmware_version = excluded.firmware_version,
    firmware_version_status = excluded.firmware_version_status,
    gbcs_version = excluded.gbcs_version
WHERE (coalesce(excluded.learnt_at, '-infinity'), excluded.message_id)
    > (coalesce(d.learnt_at, '-infinity'), d.message_id)
