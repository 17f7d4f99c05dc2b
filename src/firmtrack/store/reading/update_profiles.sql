-- What tells some updates apart, now or at a moment, beside all that is known of each: '' is what is not
-- known. Which updates these are is put in.
profiled AS MATERIALIZED (
    SELECT s.*,
        coalesce(v.device_type, '') AS device_type,
        coalesce(v.manufacturer, '') AS manufacturer,
        coalesce(v.model, '') AS model,
        coalesce(v.csp_region, '') AS csp_region,
        coalesce(comparable_version(coalesce(ran.firmware_version, first_told.firmware_version)), '')
            AS from_version,
        coalesce(named_hub.comms_hub_id, v.comms_hub_id) AS comms_hub_id
    FROM ({standing}) AS s
    -- One by one, as below: whatever is known of how many there are, none but these is read.
    LEFT JOIN LATERAL (
        SELECT * FROM {device} AS v WHERE v.device_id = s.device_id LIMIT 1
    ) AS v ON true
    LEFT JOIN LATERAL (
        SELECT e.comms_hub_id
        FROM {event} AS e
        WHERE e.device_id = s.device_id AND e.request_key = s.request_key
          AND e.comms_hub_id IS NOT NULL
        ORDER BY e.occurred_at DESC, e.message_id DESC
        LIMIT 1
    ) AS named_hub ON true
    LEFT JOIN LATERAL (
        SELECT i.firmware_version
        FROM {inventory_statement} AS i
        WHERE i.device_id = s.device_id AND i.firmware_version IS NOT NULL
          AND coalesce(i.learnt_at, i.recorded_at) <= s.submitted_at
        ORDER BY coalesce(i.learnt_at, i.recorded_at) DESC, i.message_id DESC, i.recorded_at DESC
        LIMIT 1
    ) AS ran ON true
    LEFT JOIN LATERAL (
        SELECT min(later.submitted_at) AS submitted_at
        FROM {current_distribution} AS later
        WHERE ran.firmware_version IS NULL
          AND later.device_id = s.device_id AND later.submitted_at > s.submitted_at
    ) AS next_update ON true
    LEFT JOIN LATERAL (
        SELECT CASE
            WHEN comparable_version(i.firmware_version)
                IS DISTINCT FROM comparable_version(s.firmware_version)
                AND (next_update.submitted_at <= coalesce(i.learnt_at, i.recorded_at)) IS NOT TRUE
            THEN i.firmware_version
        END AS firmware_version
        FROM {inventory_statement} AS i
        WHERE ran.firmware_version IS NULL
          AND i.device_id = s.device_id AND i.firmware_version IS NOT NULL
          AND coalesce(i.learnt_at, i.recorded_at) > s.submitted_at
        ORDER BY coalesce(i.learnt_at, i.recorded_at), i.message_id, i.recorded_at
        LIMIT 1
    ) AS first_told ON true
), update_profile AS (
    SELECT p.*,
        coalesce(h.manufacturer, '') AS comms_hub_manufacturer,
        coalesce(h.model, '') AS comms_hub_model,
        coalesce(comparable_version(h.firmware_version), '') AS comms_hub_firmware_version
    FROM profiled AS p
    LEFT JOIN (
        SELECT device_id, manufacturer, model, firmware_version
        FROM {device} AS h
        WHERE device_id = ANY (ARRAY(SELECT comms_hub_id FROM profiled))
    ) AS h ON h.device_id = p.comms_hub_id
)
