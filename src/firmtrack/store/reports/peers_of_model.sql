-- By User, how all updates of one model to one version stand, as they were last counted.
SELECT r.originator, c.completion, sum(c.count)::bigint AS count
FROM request AS r
JOIN performance_count AS c USING (request_key)
JOIN device_segment AS s USING (segment_key)
WHERE r.firmware_version = %(firmware_version)s
  AND s.manufacturer = %(manufacturer)s AND s.model = %(model)s
GROUP BY r.originator, c.completion
