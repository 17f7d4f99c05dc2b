-- Which devices of the viewer's requests came to be in trouble between two moments, and are so still: of
-- each way the largest groups, and how many there are in all. Of a request that has changed since it was
-- counted each device is looked at, which has not moved if it is still at the same stage in the same way; the
-- same rule: the view current_distribution.
WITH moved AS MATERIALIZED (
    SELECT s.request_key, r.originator, r.target, r.counter, r.firmware_version, r.step_stage,
        r.step_failed, r.step_reason,
        (SELECT true FROM standing_due AS d WHERE d.request_key = s.request_key LIMIT 1) AS is_due
    FROM request_standing AS s
    JOIN request AS r USING (request_key)
    WHERE {sees:s.originator} AND s.trouble_at > %(since)s
), grouped AS (
    SELECT t.request_key, t.stage, t.failed, t.reason, count(*)::integer AS devices
    FROM moved AS m
    JOIN trouble_update AS t USING (request_key)
    WHERE t.found_at > %(since)s AND t.found_at <= %(until)s
      AND (
          m.is_due IS NULL
          OR EXISTS (
              SELECT
              FROM distribution AS d
              CROSS JOIN LATERAL (SELECT d.refused OR d.stage >= m.step_stage AS is_own) AS o
              WHERE d.request_key = t.request_key AND d.device_id = t.device_id
                AND CASE WHEN is_own THEN d.stage ELSE m.step_stage END = t.stage
                AND CASE WHEN is_own THEN d.failed ELSE m.step_failed END = t.failed
                AND (
                    NOT t.failed
                    OR CASE WHEN is_own THEN d.reason ELSE m.step_reason END
                        IS NOT DISTINCT FROM t.reason
                )
          )
      )
    GROUP BY t.request_key, t.stage, t.failed, t.reason
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
