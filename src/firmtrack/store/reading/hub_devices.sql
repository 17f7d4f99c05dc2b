-- The devices that were ever placed at a Communications Hub, by an event or by a statement, and that
-- the viewer has to do with in some way: whether they are there at a moment, and whether it may see
-- them then, their dossiers tell. None that it may see then is left out, whenever that is: a property
-- in tests/store/test_seeing.py holds this together with the rule, domain/seeing.py.
SELECT beside.device_id
FROM (
    SELECT device_id FROM comms_hub_device WHERE comms_hub_id = %(comms_hub_id)s
    UNION
    SELECT device_id FROM recorded_inventory_statement WHERE comms_hub_id = %(comms_hub_id)s
) AS beside
WHERE beside.device_id <> %(device_id)s
  AND (
      {sees_every:device}
      OR EXISTS (
          SELECT
          FROM recorded_inventory_statement AS s
          WHERE s.device_id = beside.device_id
            AND ({sees:s.responsible_supplier} OR {sees:s.user_id})
      )
      OR EXISTS (
          SELECT
          FROM known_distribution AS d
          JOIN request AS r USING (request_key)
          WHERE d.device_id = beside.device_id AND {sees:r.originator}
      )
  )
ORDER BY beside.device_id
LIMIT %(limit)s
