-- How long hubs with enough updates waited until the first moved, by request; and since when those
-- wait of which none has moved yet (then step is null). Of requests from before all is kept those hubs
-- are left that took longest, so they do not count.
SELECT r.variant, h.stage, h.request_key, s.step, s.count::bigint, NULL::timestamptz AS since
FROM hub_stay AS h
JOIN request AS r USING (request_key)
CROSS JOIN unnest(h.steps, h.counts) AS s (step, count)
WHERE r.variant IS NOT NULL
  AND coalesce(r.submitted_at, r.recorded_at) >= %(kept_from)s
UNION ALL
SELECT r.variant, h.stage, h.request_key, NULL, count(DISTINCT h.comms_hub_id), h.since
FROM stay_at_hub AS h
JOIN request AS r USING (request_key)
WHERE r.variant IS NOT NULL AND NOT h.has_moved
  AND coalesce(r.submitted_at, r.recorded_at) >= %(kept_from)s
GROUP BY r.variant, h.stage, h.request_key, h.since
