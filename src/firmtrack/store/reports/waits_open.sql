-- What is under way: of each request's segments at each stage how many wait since which hour. Left
-- out is what has long had its limits: nobody entered lately.
SELECT w.request_key, r.originator, r.variant, w.segment_key, w.stage, w.entered_hour, w.count
FROM stay_in_progress AS w
JOIN request AS r USING (request_key)
WHERE w.entered_hour <= %(hour)s
  AND (
      EXISTS (
          SELECT
          FROM stay_in_progress AS young
          WHERE young.request_key = w.request_key AND young.entered_hour > %(young_hour)s
      )
      OR NOT EXISTS (
          SELECT
          FROM wait_limit AS l
          WHERE (l.request_key, l.segment_key, l.stage) = (w.request_key, w.segment_key, w.stage)
      )
  )
