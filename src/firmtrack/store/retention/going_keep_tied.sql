-- Leave what stays with what stays; to be done until nothing is left any more.
DELETE FROM going_distribution AS g
USING going_tie AS t
WHERE t.device_id = g.device_id AND t.request_key = g.request_key
  AND (
      t.is_kept
      OR EXISTS (
          SELECT
          FROM going_tie AS o
          WHERE o.device_id = t.device_id AND o.tie = t.tie AND o.is_owner
            AND NOT EXISTS (
                SELECT
                FROM going_distribution AS also
                WHERE also.device_id = o.device_id AND also.request_key = o.request_key
            )
      )
  )
