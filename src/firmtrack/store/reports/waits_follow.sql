-- A cohort that has moved since its limits were made is not silent: it is looked at anew in time.
UPDATE wait_limit AS l
SET moved_at = c.moved_at, silent_from = NULL
FROM cohort AS c
WHERE l.request_key = ANY (%(request_keys)s)
  AND c.request_key = l.request_key AND c.stage = l.stage
  AND c.csp_region = coalesce(
      (SELECT s.csp_region FROM device_segment AS s WHERE s.segment_key = l.segment_key), ''
  )
  AND (l.moved_at IS NULL OR l.moved_at < c.moved_at)
