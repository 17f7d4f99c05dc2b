-- The other devices on a Communications Hub, those that the viewer may see by the rule of
-- find_inventory: those that the inventory holds there, and those that an event named beside it, as
-- long as no later word places them elsewhere.
WITH beside AS (
    SELECT v.device_id FROM device AS v WHERE v.comms_hub_id = %(comms_hub_id)s
    UNION
    SELECT h.device_id FROM comms_hub_device AS h WHERE h.comms_hub_id = %(comms_hub_id)s
)
SELECT b.device_id, v.device_type
FROM beside AS b
LEFT JOIN device AS v USING (device_id)
LEFT JOIN LATERAL (
    SELECT e.comms_hub_id, e.occurred_at, e.message_id
    FROM event AS e
    WHERE e.device_id = b.device_id AND e.comms_hub_id IS NOT NULL
    ORDER BY e.occurred_at DESC, e.message_id DESC
    LIMIT 1
) AS hub ON true
WHERE b.device_id <> %(device_id)s
  AND %(comms_hub_id)s = CASE
      WHEN v.comms_hub_id IS NULL THEN hub.comms_hub_id
      WHEN hub.comms_hub_id IS NULL THEN v.comms_hub_id
      WHEN (hub.occurred_at, hub.message_id) >= (
          CASE
              WHEN v.older ? 'comms_hub_id'
                  THEN coalesce((v.older -> 'comms_hub_id' ->> 0)::timestamptz, '-infinity')
              ELSE coalesce(v.learnt_at, '-infinity')
          END,
          CASE
              WHEN v.older ? 'comms_hub_id' THEN (v.older -> 'comms_hub_id' ->> 1)::uuid
              ELSE v.message_id
          END
      ) THEN hub.comms_hub_id
      ELSE v.comms_hub_id
  END
  AND (
      %(sees_all)s
      OR v.responsible_supplier = ANY (%(user_ids)s)
      OR EXISTS (
          SELECT FROM device_acquaintance AS a
          WHERE a.device_id = b.device_id AND a.user_id = ANY (%(user_ids)s)
      )
      OR EXISTS (
          SELECT FROM current_distribution AS d
          WHERE d.device_id = b.device_id AND d.originator = ANY (%(user_ids)s)
            AND (d.stage > 2 OR (d.stage = 2 AND NOT d.failed))
      )
  )
ORDER BY b.device_id
LIMIT %(limit)s
