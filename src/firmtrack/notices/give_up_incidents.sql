-- A User ID is taken from a party: its updates leave the party's open incidents, and what waits to be told
-- of these, which counts them, is told anew without them. An incident that has no others is over.
WITH leaving AS (
    DELETE FROM party_incident_device AS d
    USING party_incident AS i, request AS r
    WHERE i.incident_id = d.incident_id AND i.party_id = %(party_id)s AND i.ended_at IS NULL
      AND r.request_key = d.request_key
      AND CASE
          WHEN i.is_own THEN r.originator = %(user_id)s
          ELSE EXISTS (
              SELECT FROM device AS v
              WHERE v.device_id = d.device_id AND v.responsible_supplier = %(user_id)s
          )
      END
    RETURNING d.incident_id
), left_behind AS (
    SELECT incident_id, count(*) AS updates FROM leaving GROUP BY incident_id
), untold AS (
    DELETE FROM notice AS n
    USING left_behind AS b
    WHERE n.incident_id = b.incident_id AND n.state = 'waiting' AND n.user_id IS NULL
)
UPDATE party_incident AS i
SET device_count = i.device_count - b.updates,
    told_count = 0,
    ended_at = CASE WHEN i.device_count = b.updates THEN now() END,
    due_at = CASE WHEN i.device_count > b.updates THEN i.opened_at END  -- at once
FROM left_behind AS b
WHERE i.incident_id = b.incident_id
