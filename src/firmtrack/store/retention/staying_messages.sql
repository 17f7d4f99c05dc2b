-- The dated messages of the months that go which stay: those that tell anything that does.
SELECT m.*
FROM dated_message AS m
WHERE m.occurred_at < %(kept_from)s
  AND m.message_id IN (
      SELECT message_id FROM {events}
      UNION ALL
      SELECT s.message_id
      FROM recorded_request_step AS s
      WHERE s.occurred_at < %(kept_from)s AND s.request_key <> ALL (%(but)s::bigint[])
      UNION ALL
      SELECT a.message_id
      FROM recorded_activation_event AS a
      WHERE a.occurred_at < %(kept_from)s
        AND NOT EXISTS (
            SELECT
            FROM going_activation AS g
            WHERE g.device_id = a.device_id AND g.originator = a.originator
              AND g.counter = a.counter AND %(is_rehearsal)s
              AND NOT g.is_kept
              AND NOT (g.is_command AND EXISTS (
                  SELECT
                  FROM distribution AS d
                  JOIN request AS r USING (request_key)
                  WHERE d.device_id = g.device_id
                    AND (g.image_hash IS NULL OR r.image_hash IS NULL
                        OR g.image_hash = r.image_hash)
                    AND NOT EXISTS (
                        SELECT
                        FROM going_distribution AS gd
                        WHERE gd.device_id = d.device_id AND gd.request_key = d.request_key
                    )
              ))
        )
      UNION ALL
      SELECT message_id FROM recorded_device_incident WHERE occurred_at < %(kept_from)s
      UNION ALL
      SELECT message_id FROM recorded_request_incident WHERE occurred_at < %(kept_from)s
      UNION ALL
      SELECT message_id FROM recorded_comms_hub_incident WHERE occurred_at < %(kept_from)s
  )
