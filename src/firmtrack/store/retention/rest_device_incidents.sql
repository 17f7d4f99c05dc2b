-- The old incidents of devices of which no distribution stays.
DELETE FROM recorded_device_incident AS i
WHERE i.occurred_at < %(kept_from)s
  AND NOT EXISTS (
      SELECT
      FROM distribution AS d
      WHERE d.device_id = i.device_id
        AND NOT EXISTS (
            SELECT
            FROM going_distribution AS g
            WHERE g.device_id = d.device_id AND g.request_key = d.request_key
        )
  )
