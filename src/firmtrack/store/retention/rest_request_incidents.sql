-- The old incidents of requests that are neither updates nor activations of which anything is kept.
WITH kept AS MATERIALIZED (
    SELECT originator, target, counter FROM request WHERE request_key <> ALL (%(but)s::bigint[])
    UNION ALL
    SELECT originator, device_id, counter
    FROM recorded_activation_event
    WHERE device_id = ANY (ARRAY(
        SELECT target FROM recorded_request_incident WHERE occurred_at < %(kept_from)s
    ))
)
DELETE FROM recorded_request_incident
WHERE occurred_at < %(kept_from)s
  AND (originator, target, counter) NOT IN (SELECT originator, target, counter FROM kept)
