-- What named an update at a moment: of the events that name its request for the device the greatest, and
-- what they tell together. The same rules: fold_names.sql and fold_devices.sql of the ledger.
--
-- A pair is there once anyway. That it is said keeps the requests, which each shard has all of, within that
-- part: beside it, its events could not be looked for on the shard of the device. A request is from no later
-- than the first word that belongs to it: earlier months are not searched.
SELECT p.device_id, p.request_key, p.submitted_at, n.message_id, n.occurred_at, n.stage, n.failed, n.reason,
    n.addressee, n.named_at, coalesce(n.refused, false) AS refused,
    CASE
        WHEN n.refused THEN n.stage = 2 AND n.failed
        ELSE p.step_stage = 2 AND p.step_failed AND coalesce(n.stage, 0) < 2
    END AS declined
FROM (
    SELECT DISTINCT ON (p.device_id, p.request_key)
        p.device_id, p.request_key, r.submitted_at, r.step_stage, r.step_failed
    FROM {named_pair} AS p
    JOIN request AS r USING (request_key)
) AS p
LEFT JOIN LATERAL (
    SELECT e.*, min(e.occurred_at) OVER (PARTITION BY e.device_id) AS named_at,
        bool_or(e.stage = 2 AND e.failed) OVER (PARTITION BY e.device_id) AS refused
    FROM {event} AS e
    WHERE e.device_id = p.device_id AND e.request_key = p.request_key
      AND e.occurred_at >= coalesce(p.submitted_at, '-infinity')
    ORDER BY e.stage DESC, e.occurred_at DESC, e.message_id DESC
    LIMIT 1
) AS n ON true
