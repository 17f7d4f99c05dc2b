-- What updates that fail, or stand still, have in common: how many stand how, by all that they are told
-- apart by. Made by whoever counts, of each request whole.

-- What tells the updates of one request apart; '' is what is not known. The version is the one that the
-- device ran when the update began.
CREATE TABLE device_profile (
    profile_key                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_type                text NOT NULL,
    manufacturer               text NOT NULL,
    model                      text NOT NULL,
    csp_region                 text NOT NULL,
    from_version               text NOT NULL,
    comms_hub_manufacturer     text NOT NULL,
    comms_hub_model            text NOT NULL,
    comms_hub_firmware_version text NOT NULL,
    UNIQUE (device_type, manufacturer, model, csp_region, from_version, comms_hub_manufacturer,
        comms_hub_model, comms_hub_firmware_version)
);

-- Every reason for which an update has failed. 0 is none.
CREATE TABLE failure_reason (
    reason_key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reason     text NOT NULL UNIQUE
);

-- How the updates of a request stand: arrays side by side, of which each place is one count.
-- standings: firmtrack.causes.cells.Standing. days: of the failure, or of the last word of what stands
-- still, in days since the epoch, in Great Britain; 0 of all others. first_at and last_at are seconds
-- since the epoch. Of a word that was sent to another User than the request's, the day alone. What waits
-- may come to stand still by the clock alone, so it is counted again and again.
CREATE TABLE cause_count (
    request_key  bigint PRIMARY KEY,
    counted_at   timestamptz NOT NULL,
    has_waiting  boolean NOT NULL,
    profile_keys integer[] NOT NULL,
    standings    integer[] NOT NULL,
    stages       integer[] NOT NULL,
    reason_keys  integer[] NOT NULL,
    days         integer[] NOT NULL,
    counts       integer[] NOT NULL,
    first_at     bigint[] NOT NULL,
    last_at      bigint[] NOT NULL
);
CREATE INDEX cause_count_waiting ON cause_count (counted_at) WHERE has_waiting;

-- Requests that are to be counted so, since their figures were counted anew. Rows are only added, and
-- taken away by whoever counts.
CREATE TABLE cause_due (request_key bigint NOT NULL);
INSERT INTO cause_due SELECT request_key FROM request;

-- Every update with its profile. The same rule, of the past too: update_profiles.sql.
CREATE VIEW update_profile AS
    SELECT d.device_id, d.request_key,
        coalesce(v.device_type, '') AS device_type,
        coalesce(v.manufacturer, '') AS manufacturer,
        coalesce(v.model, '') AS model,
        coalesce(v.csp_region, '') AS csp_region,
        coalesce(comparable_version(coalesce(ran.firmware_version, first_told.firmware_version)), '')
            AS from_version,
        coalesce(h.manufacturer, '') AS comms_hub_manufacturer,
        coalesce(h.model, '') AS comms_hub_model,
        coalesce(comparable_version(h.firmware_version), '') AS comms_hub_firmware_version
    FROM distribution AS d
    JOIN request AS r USING (request_key)
    LEFT JOIN device AS v ON v.device_id = d.device_id
    LEFT JOIN LATERAL (
        SELECT e.comms_hub_id
        FROM event AS e
        WHERE e.device_id = d.device_id AND e.request_key = d.request_key
          AND e.comms_hub_id IS NOT NULL
        ORDER BY e.occurred_at DESC, e.message_id DESC
        LIMIT 1
    ) AS named_hub ON true
    LEFT JOIN device AS h ON h.device_id = coalesce(named_hub.comms_hub_id, v.comms_hub_id)
    LEFT JOIN LATERAL (
        -- What the device was last told to run when the update began. What has no time of its own, as an
        -- import may, is of when it was recorded.
        SELECT i.firmware_version
        FROM inventory_statement AS i
        WHERE i.device_id = d.device_id AND i.firmware_version IS NOT NULL
          AND coalesce(i.learnt_at, i.recorded_at) <= coalesce(r.submitted_at, r.recorded_at)
        ORDER BY coalesce(i.learnt_at, i.recorded_at) DESC, i.message_id DESC, i.recorded_at DESC
        LIMIT 1
    ) AS ran ON true
    LEFT JOIN LATERAL (
        -- Or else what it was first told to run afterwards, unless that is the update's own version, or
        -- another update began before: then it may be what an update brought.
        SELECT CASE
            WHEN comparable_version(i.firmware_version)
                IS DISTINCT FROM comparable_version(r.firmware_version)
                AND NOT EXISTS (
                    SELECT
                    FROM distribution AS other
                    JOIN request AS later USING (request_key)
                    CROSS JOIN LATERAL (SELECT coalesce(later.submitted_at, later.recorded_at))
                        AS began (at)
                    WHERE other.device_id = d.device_id
                      AND began.at > coalesce(r.submitted_at, r.recorded_at)
                      AND began.at <= coalesce(i.learnt_at, i.recorded_at)
                )
            THEN i.firmware_version
        END AS firmware_version
        FROM inventory_statement AS i
        WHERE ran.firmware_version IS NULL
          AND i.device_id = d.device_id AND i.firmware_version IS NOT NULL
          AND coalesce(i.learnt_at, i.recorded_at) > coalesce(r.submitted_at, r.recorded_at)
        ORDER BY coalesce(i.learnt_at, i.recorded_at), i.message_id, i.recorded_at
        LIMIT 1
    ) AS first_told ON true;

-- How old these counts are stands beside how old the other figures are.
ALTER TABLE last_count DROP CONSTRAINT last_count_figures_check;
ALTER TABLE last_count ADD CONSTRAINT last_count_figures_check
    CHECK (figures IN ('performance', 'arrivals', 'causes'));

-- The requests of a User in a period: those whose updates are compared.
CREATE INDEX request_of_originator ON request (originator, (coalesce(submitted_at, recorded_at)));
