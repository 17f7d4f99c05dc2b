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
      UNION ALL
      SELECT message_id FROM recorded_device_incident WHERE occurred_at < %(kept_from)s
      UNION ALL
      SELECT message_id FROM recorded_request_incident WHERE occurred_at < %(kept_from)s
      UNION ALL
      SELECT message_id FROM recorded_comms_hub_incident WHERE occurred_at < %(kept_from)s
  )
