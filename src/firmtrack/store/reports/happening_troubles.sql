-- Which devices of the viewer's requests came to be in trouble between two moments, and are so still: of
-- each way the largest groups, and how many there are in all. Of a request that has changed since it was
-- counted each device is looked at, which has not moved if it is still at the same stage in the same way; the
-- same rule: the view current_distribution. Their keys are asked for by name: of everybody's updates the
-- planner would else read all, to compare them.
WITH moved AS MATERIALIZED (
    SELECT s.request_key, r.originator, r.target, r.counter, r.firmware_version, r.step_stage,
        r.step_failed, r.step_reason,
        (SELECT true FROM standing_due AS d WHERE d.request_key = s.request_key LIMIT 1) AS is_due
    FROM request_standing AS s
    JOIN request AS r USING (request_key)
    WHERE {sees:s.originator} AND s.trouble_at > %(since)s
), found AS MATERIALIZED (
    SELECT t.request_key, t.device_id, t.stage, t.failed, t.reason, m.is_due, m.step_stage,
        m.step_failed, m.step_reason
    FROM moved AS m
    JOIN trouble_update AS t USING (request_key)
    WHERE t.found_at > %(since)s AND t.found_at <= %(until)s
), still AS MATERIALIZED (
    SELECT f.request_key, f.device_id
    FROM found AS f
    JOIN distribution AS d USING (request_key, device_id)
    CROSS JOIN LATERAL (SELECT d.refused OR d.stage >= f.step_stage AS is_own) AS o
    WHERE f.is_due
      AND d.device_id = ANY (ARRAY(SELECT device_id FROM found WHERE is_due))
      AND CASE WHEN is_own THEN d.stage ELSE f.step_stage END = f.stage
      AND CASE WHEN is_own THEN d.failed ELSE f.step_failed END = f.failed
      AND (
          NOT f.failed
          OR CASE WHEN is_own THEN d.reason ELSE f.step_reason END IS NOT DISTINCT FROM f.reason
      )
), grouped AS (
    SELECT request_key, stage, failed, reason, count(*)::integer AS devices
    FROM found
    WHERE is_due IS NULL OR (request_key, device_id) IN (SELECT request_key, device_id FROM still)
    GROUP BY request_key, stage, failed, reason
), placed AS (
    SELECT *,
        row_number() OVER (
            PARTITION BY failed ORDER BY devices DESC, request_key DESC, stage, reason
        ) AS place,
        count(*) OVER (PARTITION BY failed) AS groups,
        sum(devices) OVER (PARTITION BY failed) AS all_devices
    FROM grouped
)
SELECT m.originator, m.target, m.counter, m.firmware_version, p.stage, p.failed, p.reason, p.devices,
    p.groups, p.all_devices::bigint AS all_devices
FROM placed AS p
JOIN moved AS m USING (request_key)
WHERE p.place <= %(limit)s
ORDER BY p.failed, p.place
