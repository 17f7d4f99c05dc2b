-- Leave what something was recorded about since the prune began, or waits to be folded.
DELETE FROM going_distribution AS g
WHERE g.device_id BETWEEN %(first)s AND %(last)s
  AND (
      EXISTS (SELECT FROM touched_fact AS t WHERE t.device_id = g.device_id)
      OR EXISTS (SELECT FROM touched_fact AS t WHERE t.request_key = g.request_key)
      OR EXISTS (SELECT FROM unfolded_device AS u WHERE u.device_id = g.device_id)
  )
