-- Some profiles by their keys.
SELECT profile_key, device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version
FROM device_profile
WHERE profile_key = ANY (%(profile_keys)s)
