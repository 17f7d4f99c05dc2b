-- The devices that were taken to be folded, each since when a loose event of it may belong elsewhere.
INSERT INTO concerned_device (device_id, since)
SELECT device_id, min(since)
FROM unnest(%(devices)s::bigint[], %(since)s::timestamptz[]) AS taken (device_id, since)
GROUP BY device_id
