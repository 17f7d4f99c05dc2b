-- A device's row as it was: the form that was there at the moment, be it replaced since or not.
INSERT INTO device
SELECT d.*
FROM concerned_device AS scope
CROSS JOIN LATERAL (
    SELECT v.*
    FROM public.device AS v
    WHERE v.device_id = scope.device_id AND v.recorded_at <= %(moment)s
    UNION ALL
    SELECT was.*
    FROM public.device_history AS h
    CROSS JOIN LATERAL jsonb_populate_record(NULL::public.device, h.form) AS was
    WHERE h.device_id = scope.device_id
      AND h.recorded_at <= %(moment)s AND h.replaced_at > %(moment)s
) AS d
