-- What a device's cohort, or a hub's model, was known by at a moment: of each fact the latest statement. The
-- same rule: inventory_sql.FOLD of the ledger.
SELECT device_id,
    (array_agg(device_type ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE device_type IS NOT NULL))[1] AS device_type,
    (array_agg(smets_version ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE smets_version IS NOT NULL))[1] AS smets_version,
    (array_agg(csp_region ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE csp_region IS NOT NULL))[1] AS csp_region,
    (array_agg(manufacturer ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE manufacturer IS NOT NULL))[1] AS manufacturer,
    (array_agg(model ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE model IS NOT NULL))[1] AS model,
    (array_agg(firmware_version ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE firmware_version IS NOT NULL))[1] AS firmware_version,
    (array_agg(comms_hub_id ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
        FILTER (WHERE comms_hub_id IS NOT NULL))[1] AS comms_hub_id
FROM (
    SELECT *, coalesce(learnt_at, '-infinity') AS stated_at FROM {inventory_statement} AS s
) AS stated
GROUP BY device_id
