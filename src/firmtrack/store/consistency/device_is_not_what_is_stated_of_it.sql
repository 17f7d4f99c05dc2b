-- Compared is each fact of a device, and the device itself as a fact without a name or a value.
SELECT coalesce(s.device_id, k.device_id) AS device_id, NULL::bigint AS request_key,
    (array_agg(coalesce(s.message_id, k.message_id) ORDER BY s.learnt_at DESC))[1] AS message_id
FROM (
    SELECT DISTINCT ON (device_id, name) *
    FROM (
        SELECT i.device_id, f.name, f.value, coalesce(i.learnt_at, '-infinity') AS learnt_at,
            i.message_id, i.recorded_at
        FROM inventory_statement AS i
        CROSS JOIN LATERAL jsonb_each(
            jsonb_strip_nulls(to_jsonb(i)) - '{device_id, message_id, taken_by, recorded_at,
                learnt_at, user_id, message_kind, code}'::text[] || '{"": null}'
        ) AS f (name, value)
    ) AS stated
    ORDER BY device_id, name, learnt_at DESC, message_id DESC, recorded_at DESC
) AS s
FULL JOIN (
    SELECT d.device_id, f.name, f.value,
        coalesce(
            CASE
                WHEN d.older ? f.name THEN (d.older -> f.name ->> 0)::timestamptz
                ELSE d.learnt_at
            END,
            '-infinity'
        ) AS learnt_at,
        coalesce((d.older -> f.name ->> 1)::uuid, d.message_id) AS message_id
    FROM device AS d
    CROSS JOIN LATERAL jsonb_each(
        jsonb_strip_nulls(to_jsonb(d)) - '{device_id, message_id, learnt_at, older, changed_segment}'::text[]
            || '{"": null}'
    ) AS f (name, value)
) AS k ON k.device_id = s.device_id AND k.name = s.name
WHERE (s.value, s.learnt_at, s.message_id) IS DISTINCT FROM (k.value, k.learnt_at, k.message_id)
GROUP BY coalesce(s.device_id, k.device_id)
