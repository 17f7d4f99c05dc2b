-- Which of some devices have an update that is kept.
SELECT DISTINCT device_id
FROM distribution
WHERE device_id = ANY (%(devices)s::bigint[])
