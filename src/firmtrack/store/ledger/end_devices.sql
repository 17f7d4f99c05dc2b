-- End the rows of the restated devices of which nothing is stated any more.
WITH ended AS (
    DELETE FROM device AS d
    USING (SELECT DISTINCT device_id FROM restated_device) AS restated
    WHERE d.device_id = restated.device_id
      AND NOT EXISTS (SELECT FROM inventory_statement AS s WHERE s.device_id = d.device_id)
    RETURNING d.device_id
)
INSERT INTO stale_device SELECT device_id FROM ended
