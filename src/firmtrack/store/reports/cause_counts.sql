-- How many of some updates stand how, by all that they are told apart by. A word that was sent to another
-- User than the request's is told by its day alone.
{begun}{profiles}, stalled AS MATERIALIZED (
    SELECT *
    FROM unnest(%(stalled_requests)s::bigint[], %(stalled_devices)s::bigint[])
        AS s (request_key, device_id)
), told AS (
    SELECT s.*,
        CASE
            WHEN s.completion = 'failed' THEN %(failed)s::integer
            WHEN s.completion = 'successful' THEN %(successful)s::integer
            WHEN (s.request_key, s.device_id) IN (SELECT request_key, device_id FROM stalled)
                THEN %(stalled)s::integer
            ELSE %(waiting)s::integer
        END AS standing,
        CASE
            WHEN s.addressee IS NOT NULL AND s.addressee <> s.originator
                THEN date_trunc('day', s.occurred_at, 'UTC')
            ELSE s.occurred_at
        END AS last_word_at
    FROM update_profile AS s
), placed AS (
    SELECT *,
        CASE
            WHEN standing IN (%(failed)s, %(stalled)s)
                -- No day is before the first that there is, though one in Great Britain may be.
                THEN greatest(
                    (last_word_at AT TIME ZONE 'Europe/London')::date, date '0001-01-01'
                ) - date '1970-01-01'
            ELSE 0
        END AS day
    FROM told
)
SELECT request_key, device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version, standing,
    stage::integer AS stage, reason, day, count(*)::integer AS count,
    floor(date_part('epoch', min(last_word_at)))::bigint AS first_at,
    floor(date_part('epoch', max(last_word_at)))::bigint AS last_at
FROM placed
GROUP BY request_key, device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version, standing, stage, reason, day
