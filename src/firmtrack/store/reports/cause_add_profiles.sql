-- Give a key to each of these profiles that has none.
INSERT INTO device_profile (device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version)
SELECT *
FROM unnest(
    %(device_type)s::text[], %(manufacturer)s::text[], %(model)s::text[], %(csp_region)s::text[],
    %(from_version)s::text[], %(comms_hub_manufacturer)s::text[], %(comms_hub_model)s::text[],
    %(comms_hub_firmware_version)s::text[]
)
EXCEPT
SELECT device_type, manufacturer, model, csp_region, from_version, comms_hub_manufacturer,
    comms_hub_model, comms_hub_firmware_version
FROM device_profile
