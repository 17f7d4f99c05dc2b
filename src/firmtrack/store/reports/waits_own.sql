-- The stays of the requests that are under way: ended, and by the hour of entry those that wait.
SELECT d.request_key, d.segment_key, d.stage, d.entered_on, d.outcome, d.steps, d.counts
FROM stay AS d
WHERE d.request_key = ANY (%(request_keys)s)
