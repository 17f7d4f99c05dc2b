-- Leave what something was recorded about since the prune began, or waits to be folded.
WITH touched AS MATERIALIZED (
    SELECT device_id, request_key FROM touched_fact
), busy AS MATERIALIZED (
    SELECT device_id FROM touched WHERE device_id IS NOT NULL
    UNION
    SELECT device_id FROM unfolded_device
), named AS MATERIALIZED (
    SELECT DISTINCT request_key FROM touched WHERE request_key IS NOT NULL
)
DELETE FROM going_distribution AS g
WHERE g.device_id BETWEEN %(first)s AND %(last)s
  AND (
      g.device_id IN (SELECT device_id FROM busy)
      OR g.request_key IN (SELECT request_key FROM named)
  )
