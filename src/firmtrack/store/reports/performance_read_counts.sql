-- How many of the visible requests' distributions there are, by everything that they are told apart
-- by.
WITH counted AS (
    -- First by request and segment, which is most of the work, then by what those have in common.
    SELECT v.week, v.originator, v.firmware_version, v.variant, c.segment_key, c.stage, c.failed,
        c.completion, c.reason, sum(c.count)::bigint AS count
    FROM ({visible_requests.sql}) AS v
    JOIN performance_count AS c USING (request_key)
    GROUP BY v.week, v.originator, v.firmware_version, v.variant, c.segment_key, c.stage, c.failed,
        c.completion, c.reason
)
SELECT
    CASE
        WHEN GROUPING(c.week) = 0 THEN 'week'
        WHEN GROUPING(c.originator) = 0 THEN 'supplier'
        WHEN GROUPING(c.firmware_version) = 0 THEN 'firmware_version'
        WHEN GROUPING(s.csp_region) = 0 THEN 'csp_region'
        WHEN GROUPING(s.model) = 0 THEN 'model'
        WHEN GROUPING(s.device_type) = 0 THEN 'device_type'
        WHEN GROUPING(c.stage) = 0 THEN 'status'
        ELSE 'all'
    END AS dimension,
    -- Of a set's row only its own columns are not null: together they are its value.
    array_remove(
        ARRAY[c.week::text, c.originator::text, c.firmware_version, s.csp_region, s.device_type,
            s.manufacturer, s.model],
        NULL
    ) AS value,
    c.variant, c.stage, c.failed, c.reason, c.completion, sum(c.count)::bigint AS count
FROM counted AS c
JOIN device_segment AS s USING (segment_key)
GROUP BY GROUPING SETS (
    (c.completion),
    (c.week, c.completion),
    (c.originator, c.completion),
    (c.firmware_version, c.completion),
    (s.csp_region, c.completion),
    (s.device_type, c.completion),
    (s.device_type, s.manufacturer, s.model, c.completion),
    (c.variant, c.stage, c.failed, c.reason, c.completion)
)
