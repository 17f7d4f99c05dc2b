-- The old incidents of Communications Hubs beside which no distribution stays.
DELETE FROM recorded_comms_hub_incident AS i
WHERE i.occurred_at < %(kept_from)s
  AND NOT EXISTS (
      SELECT
      FROM comms_hub_device AS c
      JOIN distribution AS d USING (device_id)
      WHERE c.comms_hub_id = i.comms_hub_id
        AND NOT EXISTS (
            SELECT
            FROM going_distribution AS g
            WHERE g.device_id = d.device_id AND g.request_key = d.request_key
        )
  )
