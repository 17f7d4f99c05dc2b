-- Of each thing asked, by its number, the narrowest group that is known.
SELECT DISTINCT ON (asked.number)
    asked.number, u.p50_step, u.p95_step, u.samples, cardinality(u.facts)
FROM unnest(
    %(variants)s::text[], %(stages)s::smallint[], %(device_types)s::text[], %(csp_regions)s::text[],
    %(manufacturers)s::text[], %(models)s::text[]
) WITH ORDINALITY AS asked (variant, stage, device_type, csp_region, manufacturer, model, number)
CROSS JOIN LATERAL (
    VALUES ('{}'::text[]), (ARRAY[device_type]), (ARRAY[device_type, csp_region]),
        (ARRAY[device_type, csp_region, manufacturer, model])
) AS g (facts)
JOIN usual_dwell AS u
    ON u.variant = asked.variant AND u.stage = asked.stage AND u.facts = g.facts
ORDER BY asked.number, cardinality(u.facts) DESC
