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
UNION
SELECT 'thinned', originator, target, counter
FROM named
JOIN request USING (originator, target, counter)
JOIN pruned_distribution USING (request_key)
UNION
SELECT 'pruned', originator, target, counter
FROM named
JOIN pruned_request USING (originator, target, counter)
UNION
SELECT 'activation', originator, target, counter
FROM named
JOIN (SELECT device_id AS target, originator, counter FROM recorded_activation_event) AS kept
    USING (originator, target, counter)
