-- Mark the sources of a batch, and whose it is, each unless that was done a moment ago. The region of a
-- device of which a CSP reports is the source's: each shard tells its own once, not of each event.
INSERT INTO arrival (source, region, user_id, recorded_at)
SELECT arriving.source, arriving.region, arriving.user_id, now()
FROM (
    SELECT source, '', user_id
    FROM unnest(%(sources)s::text[], %(senders)s::bigint[]) AS named (source, user_id)
    UNION
    SELECT %(csp)s, region, addressee
    FROM (
        SELECT DISTINCT coalesce(d.csp_region, '') AS region, s.addressee
        FROM staged_event AS s
        LEFT JOIN device AS d USING (device_id)
        WHERE s.message_kind = ANY (%(csp_kinds)s)
    ) AS of_shard
) AS arriving (source, region, user_id)
WHERE NOT EXISTS (
    SELECT
    FROM arrival AS a
    WHERE a.recorded_at > now() - %(precision)s::interval
      AND a.source = arriving.source AND a.region = arriving.region
      AND a.user_id IS NOT DISTINCT FROM arriving.user_id
)
