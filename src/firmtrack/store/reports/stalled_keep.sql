-- Keep which updates of some requests have stalled, and mark the requests of which that has changed.
WITH found AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(stalled_requests)s::bigint[], %(stalled_devices)s::bigint[], %(stalled_stages)s::smallint[]
    ) AS f (request_key, device_id, stage)
), gone AS (
    DELETE FROM stalled_update AS u
    WHERE u.request_key = ANY (%(request_keys)s)
      AND (u.request_key, u.device_id) NOT IN (SELECT request_key, device_id FROM found)
    RETURNING u.request_key
), come AS (
    INSERT INTO stalled_update AS u (request_key, device_id, stage)
    SELECT request_key, device_id, stage FROM found
    ON CONFLICT (request_key, device_id) DO UPDATE
    SET stage = excluded.stage
    WHERE u.stage <> excluded.stage
    RETURNING u.request_key
)
INSERT INTO standing_due (request_key)
SELECT request_key FROM gone
UNION
SELECT request_key FROM come
