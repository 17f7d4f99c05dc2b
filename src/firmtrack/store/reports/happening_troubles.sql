-- Which devices of the viewer's requests came to be in trouble between two moments, and are so still: of
-- each way the largest groups, and how many there are in all. Of a request that has changed since it was
-- counted each device is looked at.
WITH moved AS MATERIALIZED (
    SELECT s.request_key, r.originator, r.target, r.counter, r.firmware_version,
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
              FROM current_distribution AS c
              WHERE c.request_key = t.request_key AND c.device_id = t.device_id
                AND (c.stage, c.failed) = (t.stage, t.failed)
                AND (NOT t.failed OR c.reason IS NOT DISTINCT FROM t.reason)
                AND c.completion <> 'successful'
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
