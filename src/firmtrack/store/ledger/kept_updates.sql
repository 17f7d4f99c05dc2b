-- Which of some devices' updates by some requests are kept.
SELECT device_id, originator, target, counter
FROM unnest(
        %(devices)s::bigint[], %(originators)s::bigint[], %(targets)s::bigint[],
        %(counters)s::bigint[]
    ) AS named (device_id, originator, target, counter)
JOIN request AS r USING (originator, target, counter)
JOIN known_distribution AS d USING (device_id, request_key)
