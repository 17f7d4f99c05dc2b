-- What was left to be folded is known to be as it was. Of old months facts may have gone, and others not
-- yet, that nobody sees any more: firmtrack.store.retention.
WITH unfolded AS MATERIALIZED (
    SELECT device_id FROM unfolded_device
)
SELECT coalesce(d.device_id, g.device_id) AS device_id,
    coalesce(d.request_key, g.request_key) AS request_key,
    coalesce(d.message_id, g.message_id) AS message_id
FROM distribution AS d
FULL JOIN (
    SELECT DISTINCT ON (device_id, request_key) *
    FROM (
        SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
            e.occurred_at, e.stage, e.failed, e.reason, e.addressee
        FROM event AS e
        LEFT JOIN LATERAL ({attributed_request.sql}) AS found ON true
    ) AS attributed
    WHERE request_key IS NOT NULL
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
) AS g ON g.device_id = d.device_id AND g.request_key = d.request_key
WHERE (d.message_id, d.occurred_at, d.stage, d.failed, d.reason, d.addressee)
    IS DISTINCT FROM (g.message_id, g.occurred_at, coalesce(g.stage, 0::smallint),
        coalesce(g.failed, false), g.reason, g.addressee)
  AND coalesce(d.device_id, g.device_id) NOT IN (SELECT u.device_id FROM unfolded AS u)
  AND (
      d.request_key IS NOT NULL
      OR g.occurred_at >= coalesce(
          (SELECT kept_from FROM retention WHERE kind = 'facts'), '-infinity'
      )
  )
