-- One request and its devices as they were known at a moment, from the facts that had been recorded by
-- then and were not withdrawn at it. Put before a statement, its parts hide the tables and views of
-- the same names, so that the statement answers of then as it answers of now.
--
-- The same rules: fold_requests.sql, fold_names.sql, fold_devices.sql and inventory_sql.FOLD of the
-- ledger, and the view current_distribution. Each device is folded for itself and only if it is asked
-- for. A part that is read with a device or request known is not materialized: it is a search in an
-- index. So is whether a message was withdrawn, by an OFFSET: it is asked of each and not joined.
--
-- A request is from no later than the first word that belongs to it: earlier months are not searched.
WITH withdrawn AS NOT MATERIALIZED (
    SELECT message_id
    FROM withdrawal_period
    WHERE began_at <= %(moment)s AND ended_at > %(moment)s
), event AS NOT MATERIALIZED (
    SELECT *
    FROM recorded_event AS f
    WHERE recorded_at <= %(moment)s
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = f.message_id OFFSET 0)
), request_statement AS NOT MATERIALIZED (
    SELECT *
    FROM recorded_request_statement AS f
    WHERE recorded_at <= %(moment)s
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = f.message_id OFFSET 0)
), request_step AS NOT MATERIALIZED (
    SELECT *
    FROM recorded_request_step AS f
    WHERE recorded_at <= %(moment)s
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = f.message_id OFFSET 0)
), request_naming AS NOT MATERIALIZED (
    SELECT *
    FROM recorded_request_naming AS f
    WHERE recorded_at <= %(moment)s
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = f.message_id OFFSET 0)
), request_incident AS NOT MATERIALIZED (
    SELECT *
    FROM recorded_request_incident AS f
    WHERE recorded_at <= %(moment)s
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = f.message_id OFFSET 0)
), named_pair AS NOT MATERIALIZED (
    SELECT device_id, request_key
    FROM known_distribution
    WHERE recorded_at <= %(moment)s AND ended_at > %(moment)s
), asked_request AS MATERIALIZED (
    SELECT request_key
    FROM request
    WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
      AND recorded_at <= %(moment)s
), asked_device AS MATERIALIZED (
    SELECT device_id
    FROM named_pair
    WHERE request_key = (SELECT request_key FROM asked_request)
      AND (%(after)s::bigint IS NULL OR device_id {beyond} %(after)s)
    ORDER BY device_id {direction}
    LIMIT %(devices)s
), inventory_statement AS NOT MATERIALIZED (
    SELECT *, coalesce(learnt_at, '-infinity') AS stated_at
    FROM recorded_inventory_statement AS s
    WHERE recorded_at <= %(moment)s
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = s.message_id OFFSET 0)
      AND NOT EXISTS (SELECT FROM withdrawn AS w WHERE w.message_id = s.taken_by OFFSET 0)
), stated AS NOT MATERIALIZED (
    SELECT s.*
    FROM asked_device
    JOIN inventory_statement AS s USING (device_id)
), device AS MATERIALIZED (
    -- What a device's cohort is known by: of each fact the latest statement.
    SELECT device_id,
        (array_agg(csp_region ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE csp_region IS NOT NULL))[1] AS csp_region,
        (array_agg(device_type ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE device_type IS NOT NULL))[1] AS device_type,
        (array_agg(smets_version ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE smets_version IS NOT NULL))[1] AS smets_version,
        (array_agg(manufacturer ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE manufacturer IS NOT NULL))[1] AS manufacturer,
        (array_agg(model ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE model IS NOT NULL))[1] AS model,
        (array_agg(comms_hub_id ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE comms_hub_id IS NOT NULL))[1] AS comms_hub_id
    FROM stated
    GROUP BY device_id
), hub AS MATERIALIZED (
    -- The same of the hubs that the devices were known to be behind.
    SELECT device_id,
        (array_agg(manufacturer ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE manufacturer IS NOT NULL))[1] AS manufacturer,
        (array_agg(model ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE model IS NOT NULL))[1] AS model,
        (array_agg(firmware_version ORDER BY stated_at DESC, message_id DESC, recorded_at DESC)
            FILTER (WHERE firmware_version IS NOT NULL))[1] AS firmware_version
    FROM unnest(ARRAY(
        SELECT comms_hub_id FROM device WHERE comms_hub_id IS NOT NULL
        UNION
        SELECT e.comms_hub_id
        FROM asked_device
        JOIN event AS e USING (device_id)
        WHERE e.request_key = (SELECT request_key FROM asked_request)
          AND e.comms_hub_id IS NOT NULL
    )) AS named (device_id)
    JOIN inventory_statement AS s USING (device_id)
    GROUP BY device_id
), concerned_request AS MATERIALIZED (
    SELECT request_key FROM asked_request
    UNION
    SELECT p.request_key
    FROM named_pair AS p
    WHERE p.device_id = ANY (ARRAY(SELECT device_id FROM asked_device))
), request AS MATERIALIZED (
    SELECT r.request_key, r.originator, r.target, r.counter, r.recorded_at,
        claim.message_id, claim.image_hash, claim.image,
        coalesce(claim.statement_count, 0) AS statement_count,
        coalesce(claim.variant, answered.variant) AS variant,
        coalesce(claim.stated_version, named.claimed_version) AS firmware_version,
        array_remove(
            ARRAY[
                comparable_version(coalesce(claim.stated_version, named.claimed_version)),
                comparable_version(claim.image ->> 'header_version')
            ],
            NULL
        ) AS comparable_versions,
        least(claim.first_sent_at, answered.first_at, befell.first_at) AS whole_at,
        least(claim.first_sent_at, answered.first_at, befell.first_at, named.named_at)
            AS submitted_at,
        coalesce(latest.stage, 1) AS step_stage, coalesce(latest.failed, false) AS step_failed,
        latest.reason AS step_reason, latest.occurred_at AS step_occurred_at,
        latest.message_id AS step_message_id, named.named_at
    -- An array's length is taken to be small, whatever is known of the requests: so each is searched.
    FROM unnest(ARRAY(SELECT request_key FROM concerned_request)) AS concerned (request_key)
    JOIN request AS r USING (request_key)
    LEFT JOIN LATERAL (
        SELECT s.*, min(s.sent_at) OVER () AS first_sent_at, count(*) OVER () AS statement_count
        FROM request_statement AS s
        WHERE s.request_key = r.request_key
        ORDER BY s.message_id
        LIMIT 1
    ) AS claim ON true
    CROSS JOIN LATERAL (
        SELECT min(s.occurred_at) AS first_at, min(s.variant) AS variant
        FROM request_step AS s
        WHERE s.request_key = r.request_key
    ) AS answered
    CROSS JOIN LATERAL (
        SELECT min(i.occurred_at) AS first_at
        FROM request_incident AS i
        WHERE i.originator = r.originator AND i.target = r.target AND i.counter = r.counter
    ) AS befell
    LEFT JOIN LATERAL (
        SELECT s.*
        FROM request_step AS s
        WHERE s.request_key = r.request_key
        ORDER BY s.stage DESC, s.occurred_at DESC, s.message_id DESC
        LIMIT 1
    ) AS latest ON true
    CROSS JOIN LATERAL (
        SELECT min(n.named_at) AS named_at, min(n.claimed_version COLLATE "C") AS claimed_version
        FROM request_naming AS n
        WHERE n.request_key = r.request_key
    ) AS named
), named_distribution AS NOT MATERIALIZED (
    -- The greatest of the events that name the request for the device, and what they tell together.
    SELECT p.device_id, p.request_key, n.message_id, n.occurred_at, n.stage, n.failed, n.reason,
        n.addressee, n.named_at, coalesce(n.refused, false) AS refused
    FROM named_pair AS p
    JOIN request AS r USING (request_key)
    LEFT JOIN LATERAL (
        SELECT e.*, min(e.occurred_at) OVER () AS named_at,
            bool_or(e.stage = 2 AND e.failed) OVER () AS refused
        FROM event AS e
        WHERE e.device_id = p.device_id AND e.request_key = p.request_key
          AND e.occurred_at >= coalesce(r.submitted_at, '-infinity')
        ORDER BY e.stage DESC, e.occurred_at DESC, e.message_id DESC
        LIMIT 1
    ) AS n ON true
), current_distribution AS NOT MATERIALIZED (
    SELECT d.device_id, d.request_key, r.originator, r.target, r.counter, r.variant,
        r.firmware_version, r.image_hash, coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
        s.stage, s.failed, s.reason, s.occurred_at, s.addressee, d.refused,
        CASE
            WHEN s.failed THEN 'failed'
            WHEN s.stage = 6 AND r.variant IS DISTINCT FROM '11.4' THEN 'successful'
            WHEN s.stage = 7 AND r.variant IS DISTINCT FROM '11.1' THEN 'successful'
            ELSE 'in_progress'
        END AS completion
    FROM named_distribution AS d
    JOIN request AS r USING (request_key)
    LEFT JOIN LATERAL (
        -- The first that belongs to the request, of the loose events that are greater.
        SELECT e.*
        FROM (
            SELECT e.*
            FROM event AS e
            WHERE e.device_id = d.device_id AND e.request_key IS NULL
              AND e.occurred_at >= coalesce(r.submitted_at, '-infinity')
              AND (
                  d.message_id IS NULL
                  OR (e.stage, e.occurred_at, e.message_id)
                      > (d.stage, d.occurred_at, d.message_id)
              )
            ORDER BY e.stage DESC, e.occurred_at DESC, e.message_id DESC
            OFFSET 0
        ) AS e
        WHERE d.request_key = ({attributed})
        LIMIT 1
    ) AS loose ON true
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN loose.message_id IS NULL THEN coalesce(d.stage, 0::smallint) ELSE loose.stage
                END AS stage,
            CASE WHEN loose.message_id IS NULL THEN coalesce(d.failed, false) ELSE loose.failed
                END AS failed,
            CASE WHEN loose.message_id IS NULL THEN d.reason ELSE loose.reason END AS reason,
            CASE WHEN loose.message_id IS NULL THEN d.occurred_at ELSE loose.occurred_at
                END AS occurred_at,
            CASE WHEN loose.message_id IS NULL THEN d.addressee ELSE loose.addressee
                END AS addressee
    ) AS own
    CROSS JOIN LATERAL (
        SELECT
            d.refused OR own.stage >= r.step_stage AS is_own,
            -- The request's own arrival says that it was received, as a step may: the latest counts.
            r.step_stage = 1 AND r.message_id IS NOT NULL AND (
                r.step_message_id IS NULL
                OR (r.submitted_at, r.message_id) > (r.step_occurred_at, r.step_message_id)
            ) AS is_arrival
    ) AS o
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN is_own THEN own.stage ELSE r.step_stage END AS stage,
            CASE WHEN is_own THEN own.failed ELSE r.step_failed END AS failed,
            CASE
                WHEN is_own THEN own.reason
                WHEN NOT is_arrival THEN r.step_reason
            END AS reason,
            CASE
                WHEN is_own THEN own.occurred_at
                WHEN is_arrival THEN coalesce(r.submitted_at, r.recorded_at)
                ELSE coalesce(r.step_occurred_at, r.submitted_at, r.recorded_at)
            END AS occurred_at,
            CASE WHEN is_own THEN own.addressee END AS addressee
    ) AS s
)
