INSERT INTO party_cause (party_id, cause_id, found_at, place, status, reason, device_type, manufacturer,
    model, csp_region, firmware_version, from_version, comms_hub_manufacturer, comms_hub_model,
    comms_hub_firmware_version, image_hash, named_request_key)
SELECT %(party_id)s, %(cause_id)s, %(now)s, %(place)s, %(status)s, %(reason)s, %(device_type)s,
    %(manufacturer)s, %(model)s, %(csp_region)s, %(firmware_version)s, %(from_version)s,
    %(comms_hub_manufacturer)s, %(comms_hub_model)s, %(comms_hub_firmware_version)s, %(image_hash)s,
    -- Of a request that is not known: nothing has it.
    CASE WHEN %(counter)s::bigint IS NOT NULL THEN coalesce(min(request_key), 0) END
FROM request
WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
ON CONFLICT (party_id, cause_id) DO UPDATE SET found_at = excluded.found_at, place = excluded.place
