-- What is known of some Service Requests: that an update has a row, that some of its devices' updates have
-- gone, that one has gone whole, and that an activation is kept.
WITH named AS MATERIALIZED (
    SELECT *
    FROM unnest(%(originators)s::bigint[], %(targets)s::bigint[], %(counters)s::bigint[])
        AS named (originator, target, counter)
)
SELECT 'known', originator, target, counter
FROM named
JOIN request USING (originator, target, counter)
UNION ALL
SELECT 'thinned', originator, target, counter
FROM named
JOIN request AS r USING (originator, target, counter)
WHERE EXISTS (SELECT FROM pruned_distribution AS p WHERE p.request_key = r.request_key)
UNION ALL
SELECT 'pruned', originator, target, counter
FROM named
JOIN pruned_request USING (originator, target, counter)
UNION ALL
SELECT 'activation', originator, target, counter
FROM named
WHERE EXISTS (
    SELECT
    FROM recorded_activation_event AS a
    WHERE a.device_id = named.target AND a.originator = named.originator
      AND a.counter = named.counter
)
