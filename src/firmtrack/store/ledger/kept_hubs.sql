-- Beside which of some Communications Hubs a device is kept.
SELECT comms_hub_id
FROM unnest(%(hubs)s::bigint[]) AS named (comms_hub_id)
WHERE EXISTS (SELECT FROM comms_hub_device AS c WHERE c.comms_hub_id = named.comms_hub_id)
