INSERT INTO device AS d (device_id, learnt_at, message_id, device_type, smets_version, csp_region,
    manufacturer, model, device_status, firmware_version, firmware_version_status, gbcs_version)
VALUES (%(device_id)s, %(learnt_at)s, %(message_id)s, %(device_type)s, %(smets_version)s,
    %(csp_region)s, %(manufacturer)s, %(model)s, %(device_status)s, %(firmware_version)s,
    %(firmware_version_status)s, %(gbcs_version)s)
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
