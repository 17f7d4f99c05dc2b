-- Of each thing asked, by its number, the limits of its wait, and what they were learnt from.
SELECT asked.number, l.slow_seconds, l.allowed_seconds, l.still_seconds, l.moved_at, l.left_seconds,
    l.silent_from, l.silent_seconds, l.hub_seconds, e.estimate_key, e.facts
FROM unnest(
    %(originators)s::bigint[], %(targets)s::bigint[], %(counters)s::bigint[], %(stages)s::smallint[],
    %(device_types)s::text[], %(csp_regions)s::text[], %(manufacturers)s::text[], %(models)s::text[]
) WITH ORDINALITY AS asked (
    originator, target, counter, stage, device_type, csp_region, manufacturer, model, number
)
JOIN request AS r USING (originator, target, counter)
LEFT JOIN device_segment AS s USING (csp_region, device_type, manufacturer, model)
JOIN wait_limit AS l
    ON l.request_key = r.request_key AND l.stage = asked.stage
    AND l.segment_key = CASE WHEN asked.stage > 1 THEN s.segment_key ELSE 0 END
JOIN wait_estimate AS e USING (estimate_key)
