-- Beside which of some Communications Hubs a device is kept.
SELECT DISTINCT comms_hub_id
FROM comms_hub_device
WHERE comms_hub_id = ANY (%(hubs)s::bigint[])
