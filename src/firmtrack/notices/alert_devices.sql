-- What the inventory knows of devices, in the order in which they are named.
SELECT named.device_id, device.device_type, device.comms_hub_id
FROM unnest(%s::bigint[]) WITH ORDINALITY AS named (device_id, place)
LEFT JOIN device USING (device_id)
ORDER BY place
