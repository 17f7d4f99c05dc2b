INSERT INTO request_incident
SELECT i.*
FROM request AS r
JOIN public.recorded_request_incident AS i USING (originator, target, counter)
WHERE i.recorded_at <= %(moment)s
  AND i.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
UNION ALL
SELECT i.*
FROM concerned_device
JOIN public.recorded_request_incident AS i ON i.target = concerned_device.device_id
WHERE i.recorded_at <= %(moment)s
  AND i.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
