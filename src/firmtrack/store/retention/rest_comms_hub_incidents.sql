-- The old incidents of Communications Hubs beside which no distribution stays.
WITH standing AS MATERIALIZED (
    SELECT DISTINCT c.comms_hub_id
    FROM comms_hub_device AS c
    JOIN distribution AS d USING (device_id)
    LEFT JOIN going_distribution AS g
        ON g.device_id = d.device_id AND g.request_key = d.request_key
    WHERE g.device_id IS NULL
      AND c.comms_hub_id = ANY (ARRAY(
          SELECT i.comms_hub_id
          FROM recorded_comms_hub_incident AS i
          WHERE i.occurred_at < %(kept_from)s
      ))
)
DELETE FROM recorded_comms_hub_incident
WHERE occurred_at < %(kept_from)s AND comms_hub_id NOT IN (SELECT comms_hub_id FROM standing)
