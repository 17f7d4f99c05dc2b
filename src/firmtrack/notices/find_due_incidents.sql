-- The parties of which incidents are to be looked at; or, where a channel is not known here, those that a
-- process which knows it would have looked at.
SELECT DISTINCT i.party_id
FROM party_incident AS i
WHERE i.due_at <= %(now)s
  AND (
      i.due_at <= %(now)s - %(foreign)s
      OR NOT EXISTS (
          SELECT
          FROM notice_endpoint AS e
          WHERE e.party_id = i.party_id
            AND e.disabled_at IS NULL AND e.removed_at IS NULL
            AND e.channel <> ALL (%(channels)s::text[])
      )
  )
ORDER BY i.party_id
