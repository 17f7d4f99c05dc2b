INSERT INTO comms_hub_incident
SELECT i.*
FROM (SELECT DISTINCT comms_hub_id FROM event WHERE comms_hub_id IS NOT NULL) AS hub
JOIN public.recorded_comms_hub_incident AS i USING (comms_hub_id)
WHERE i.recorded_at <= %(moment)s
  AND i.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
