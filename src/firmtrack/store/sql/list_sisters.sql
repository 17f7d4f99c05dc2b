-- The other devices that the inventory holds on a Communications Hub, those that the viewer may see
-- by the rule of find_inventory.
SELECT v.device_id, v.device_type
FROM device AS v
WHERE v.comms_hub_id = %(comms_hub_id)s
  AND v.device_id <> %(device_id)s
  AND (
      %(sees_all)s
      OR v.responsible_supplier = ANY (%(user_ids)s)
      OR EXISTS (
          SELECT FROM device_acquaintance AS a
          WHERE a.device_id = v.device_id AND a.user_id = ANY (%(user_ids)s)
      )
      OR EXISTS (
          SELECT FROM current_distribution AS d
          WHERE d.device_id = v.device_id AND d.originator = ANY (%(user_ids)s)
            AND (d.stage > 2 OR (d.stage = 2 AND NOT d.failed))
      )
  )
ORDER BY v.device_id
LIMIT %(limit)s
