-- What the inventory knows of the devices that a request names, those refused left out.
SELECT d.device_id, device.device_type, device.comms_hub_id
FROM request AS r
JOIN distribution AS d USING (request_key)
LEFT JOIN device USING (device_id)
WHERE r.originator = %s AND r.target = %s AND r.counter = %s AND NOT d.refused
ORDER BY d.device_id
