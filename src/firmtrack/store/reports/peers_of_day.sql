-- By User, how all updates in one region that were submitted on one day stand, as they were last
-- counted.
SELECT r.originator, c.completion, sum(c.count)::bigint AS count
FROM request AS r
JOIN performance_count AS c USING (request_key)
JOIN device_segment AS s USING (segment_key)
WHERE coalesce(r.submitted_at, r.recorded_at) >= %(first_at)s
  AND coalesce(r.submitted_at, r.recorded_at) < coalesce(%(end_at)s::timestamptz, 'infinity')
  AND s.csp_region = %(csp_region)s
GROUP BY r.originator, c.completion
