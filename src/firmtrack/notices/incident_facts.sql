-- What an incident's updates come to: how many stand as it says, how many requests and User IDs they are
-- of, and of a few updates which they are. Of others' requests the User is the Responsible Supplier.
WITH member AS MATERIALIZED (
    SELECT d.device_id, d.request_key, c.stage, c.failed, c.reason, c.originator, c.target, c.counter
    FROM party_incident_device AS d
    JOIN current_distribution AS c USING (device_id, request_key)
    WHERE d.incident_id = %(incident_id)s
), notified AS (
    SELECT DISTINCT CASE WHEN %(is_own)s THEN originator ELSE device.responsible_supplier END AS user_id
    FROM member
    LEFT JOIN device ON NOT %(is_own)s AND device.device_id = member.device_id
)
SELECT
    count(*) FILTER (
        WHERE stage = %(stage)s AND failed = %(is_bad)s
          AND (NOT %(is_bad)s OR reason IS NOT DISTINCT FROM %(reason)s)
    ) AS still_count,
    count(DISTINCT request_key) AS request_count,
    min(originator) AS originator, min(target) AS target, min(counter) AS counter,
    ARRAY(SELECT user_id FROM notified LIMIT 2) AS user_ids,
    CASE WHEN count(*) <= %(most_devices)s THEN array_agg(device_id ORDER BY device_id) END AS device_ids
FROM member
