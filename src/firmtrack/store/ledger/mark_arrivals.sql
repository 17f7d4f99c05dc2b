-- Mark the sources of a batch, each unless that was done a moment ago. The devices are those of which
-- a CSP told: their region is the source's.
INSERT INTO arrival (source, region, recorded_at)
SELECT told.source, told.region, now()
FROM (
    SELECT source, '' FROM unnest(%(sources)s::text[]) AS named (source)
    UNION
    SELECT %(csp)s, coalesce(d.csp_region, '')
    FROM unnest(%(csp_devices)s::bigint[]) AS named (device_id)
    LEFT JOIN device AS d USING (device_id)
) AS told (source, region)
WHERE NOT EXISTS (
    SELECT
    FROM arrival AS a
    WHERE a.recorded_at > now() - %(precision)s::interval
      AND a.source = told.source AND a.region = told.region
)
