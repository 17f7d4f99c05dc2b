-- The keys of these profiles.
SELECT p.profile_key, p.device_type, p.manufacturer, p.model, p.csp_region, p.from_version,
    p.comms_hub_manufacturer, p.comms_hub_model, p.comms_hub_firmware_version
FROM unnest(
    %(device_type)s::text[], %(manufacturer)s::text[], %(model)s::text[], %(csp_region)s::text[],
    %(from_version)s::text[], %(comms_hub_manufacturer)s::text[], %(comms_hub_model)s::text[],
    %(comms_hub_firmware_version)s::text[]
) AS asked (device_type, manufacturer, model, csp_region, from_version, comms_hub_manufacturer,
    comms_hub_model, comms_hub_firmware_version)
JOIN device_profile AS p USING (device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version)
