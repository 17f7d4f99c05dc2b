-- Which of some devices have an update that is kept.
SELECT device_id
FROM unnest(%(devices)s::bigint[]) AS named (device_id)
WHERE EXISTS (SELECT FROM distribution AS d WHERE d.device_id = named.device_id)
