-- Remember beside which Communications Hubs the batch's events name devices; few are new.
INSERT INTO comms_hub_device (comms_hub_id, device_id)
SELECT DISTINCT comms_hub_id, device_id
FROM staged_event AS s
WHERE comms_hub_id IS NOT NULL
  AND NOT EXISTS (
      SELECT
      FROM comms_hub_device AS known
      WHERE known.comms_hub_id = s.comms_hub_id AND known.device_id = s.device_id
  )
ORDER BY comms_hub_id, device_id
ON CONFLICT DO NOTHING
