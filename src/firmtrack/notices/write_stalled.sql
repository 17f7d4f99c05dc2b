-- Queue what is newly found stalled, by stage, for the originator and for each device's Responsible
-- Supplier if that is another party, and for who watches the device or the request; and count the devices.
WITH fresh AS (
    INSERT INTO stalled_distribution (device_id, request_key, stage)
    SELECT device_id, %(request_key)s, stage
    FROM unnest(%(device_ids)s::bigint[], %(stages)s::smallint[]) AS found (device_id, stage)
    ON CONFLICT DO NOTHING
    RETURNING device_id, stage
), notified AS (
    SELECT s.user_id, true AS is_own, fresh.*
    FROM fresh
    JOIN request AS r ON r.request_key = %(request_key)s
    JOIN notice_subscriber AS s ON s.user_id = r.originator
    UNION ALL
    SELECT s.user_id, false, fresh.*
    FROM fresh
    JOIN request AS r ON r.request_key = %(request_key)s
    JOIN device USING (device_id)
    JOIN notice_subscriber AS s ON s.user_id = device.responsible_supplier
    LEFT JOIN notice_subscriber AS o ON o.user_id = r.originator
    WHERE device.responsible_supplier <> r.originator AND o.party_id IS DISTINCT FROM s.party_id
), queued AS (
    INSERT INTO status_change
        (user_id, is_own, topic, request_key, occurred_at, recorded_at, device_ids, details)
    SELECT user_id, is_own, %(topic)s, %(request_key)s, %(now)s, now(),
        array_agg(device_id ORDER BY device_id),
        jsonb_build_object('current_status', (%(statuses)s::text[])[stage])
    FROM notified
    GROUP BY user_id, is_own, stage
), watched AS (
    INSERT INTO watch_change (watch_id, stalled)
    SELECT w.watch_id, 1
    FROM watch AS w
    JOIN fresh USING (device_id)
    UNION ALL
    SELECT w.watch_id, count(*)
    FROM watch AS w
    CROSS JOIN fresh
    WHERE w.request_key = %(request_key)s
    GROUP BY w.watch_id
)
SELECT count(*) FROM fresh
