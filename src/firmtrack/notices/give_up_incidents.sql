-- A User ID is taken from a party: its updates leave the party's open incidents, and what waits to be told
-- of these, which counts them, is told anew without them. An incident that has no others is over.
WITH sent AS MATERIALIZED (
    SELECT request_key FROM request WHERE originator = %(user_id)s
), supplied AS MATERIALIZED (
    SELECT device_id
    FROM device
    WHERE responsible_supplier = %(user_id)s
      AND device_id = ANY (ARRAY(
          SELECT d.device_id
          FROM party_incident AS i
          JOIN party_incident_device AS d USING (incident_id)
          WHERE i.party_id = %(party_id)s AND i.ended_at IS NULL AND NOT i.is_own
      ))
), leaving AS (
    DELETE FROM party_incident_device AS d
    USING party_incident AS i
    WHERE i.incident_id = d.incident_id AND i.party_id = %(party_id)s AND i.ended_at IS NULL
      AND CASE
          WHEN i.is_own THEN d.request_key IN (SELECT request_key FROM sent)
          ELSE d.device_id IN (SELECT device_id FROM supplied)
      END
    RETURNING d.incident_id
), left_behind AS (
    SELECT incident_id, count(*) AS updates, now() AS left_at FROM leaving GROUP BY incident_id
), untold AS (
    DELETE FROM notice AS n
    USING left_behind AS b
    WHERE n.incident_id = b.incident_id AND n.state = 'waiting' AND n.user_id IS NULL
)
UPDATE party_incident AS i
SET device_count = i.device_count - b.updates,
    told_count = 0,
    ended_at = CASE WHEN i.device_count = b.updates THEN b.left_at END,
    due_at = CASE WHEN i.device_count > b.updates THEN i.opened_at END  -- at once
FROM left_behind AS b
WHERE i.incident_id = b.incident_id
