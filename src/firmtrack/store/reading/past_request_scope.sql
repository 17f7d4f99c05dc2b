-- The request itself, which may name no device yet, and its devices.
WITH asked AS (
    INSERT INTO past_scope_request (request_key)
    SELECT request_key
    FROM public.request
    WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
      AND recorded_at <= %(moment)s
    RETURNING request_key
)
INSERT INTO concerned_device (device_id)
SELECT d.device_id
FROM asked
JOIN public.known_distribution AS d USING (request_key)
WHERE d.recorded_at <= %(moment)s AND d.ended_at > %(moment)s
