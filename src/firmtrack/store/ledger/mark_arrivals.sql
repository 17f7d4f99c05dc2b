-- Mark the sources of a batch, each unless that was done a moment ago. The region of a device of which a
-- CSP reports is the source's.
INSERT INTO arrival (source, region, recorded_at)
SELECT arriving.source, arriving.region, now()
FROM (
    SELECT source, '' FROM unnest(%(sources)s::text[]) AS named (source)
    UNION
    SELECT %(csp)s, coalesce(d.csp_region, '')
    FROM staged_event AS s
    LEFT JOIN device AS d USING (device_id)
    WHERE s.message_kind = ANY (%(csp_kinds)s)
) AS arriving (source, region)
WHERE NOT EXISTS (
    SELECT
    FROM arrival AS a
    WHERE a.recorded_at > now() - %(precision)s::interval
      AND a.source = arriving.source AND a.region = arriving.region
)
