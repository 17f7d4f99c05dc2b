-- The old incidents of requests that are neither updates nor activations of which anything is kept.
DELETE FROM recorded_request_incident AS i
WHERE i.occurred_at < %(kept_from)s
  AND NOT EXISTS (
      SELECT
      FROM request AS r
      WHERE (r.originator, r.target, r.counter) = (i.originator, i.target, i.counter)
        AND r.request_key <> ALL (%(but)s::bigint[])
  )
  AND NOT EXISTS (
      SELECT
      FROM recorded_activation_event AS a
      WHERE a.device_id = i.target AND a.originator = i.originator AND a.counter = i.counter
  )
