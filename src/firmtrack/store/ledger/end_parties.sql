-- End that the User of a restated device's statements is a party to it where none of them counts.
DELETE FROM device_acquaintance AS p
USING (
    SELECT DISTINCT s.device_id, s.user_id
    FROM restated_device
    JOIN recorded_inventory_statement AS s USING (device_id)
) AS once
WHERE p.device_id = once.device_id
  AND p.user_id = once.user_id
  AND NOT EXISTS (
      SELECT
      FROM inventory_statement AS s
      WHERE s.device_id = p.device_id AND s.user_id = p.user_id
  )
