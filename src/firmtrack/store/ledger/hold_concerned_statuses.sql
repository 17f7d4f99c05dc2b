-- The same of the devices of which attribution has turned out to be concerned, once the requests that
-- the batch changes are folded, and before anything else is. Statuses in those requests are held.
INSERT INTO held_status (device_id, request_key, stage, failed, reason)
SELECT c.device_id, c.request_key, c.stage, c.failed, c.reason
FROM (SELECT DISTINCT device_id FROM concerned_device) AS moved
JOIN current_distribution AS c USING (device_id)
WHERE c.request_key <> ALL (%(request_keys)s)
  AND NOT EXISTS (
      SELECT
      FROM held_status AS h
      WHERE h.device_id = c.device_id AND h.request_key = c.request_key
  )
