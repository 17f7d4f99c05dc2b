-- A watch, held against others who would look at it. Writers of what is recorded do not wait for it.
SELECT w.watch_id, w.person_id, w.party_id, w.device_id, w.cause_id, r.originator, r.target, r.counter,
    w.endpoint_id, e.channel, w.told, w.told_times, w.told_at, w.corrections, w.ended_at,
    e.disabled_at IS NULL AS is_on, e.removed_at IS NOT NULL AS is_removed
FROM watch AS w
JOIN notice_endpoint AS e USING (endpoint_id)
LEFT JOIN request AS r ON r.request_key = w.request_key
WHERE w.watch_id = %(watch_id)s
FOR NO KEY UPDATE OF w SKIP LOCKED
