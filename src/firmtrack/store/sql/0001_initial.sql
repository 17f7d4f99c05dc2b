-- The store's tables.
--
-- An EUI-64 and a Request ID's counter are unsigned 64-bit numbers. They are stored as bigint with
-- the sign bit flipped, so that the order of the column is the order of the numbers.
-- Times are DCC's (occurred_at), the device's own (device_time) or ours (recorded_at).

-- One row a message that was recorded. The key is the first 128 bits of the message's digest, so
-- the same message received again finds its row.
CREATE TABLE message (
    message_id  uuid PRIMARY KEY,
    user_id     bigint,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    kind        smallint NOT NULL,
    code        text,
    body        bytea NOT NULL
);

-- One row an update request that any message has named. message_id is null while it is a stub: the
-- request itself has not come. The step columns are the greatest of its rows in request_step.
CREATE TABLE request (
    request_key       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    originator        bigint NOT NULL,
    target            bigint NOT NULL,
    counter           bigint NOT NULL,
    message_id        uuid,
    recorded_at       timestamptz NOT NULL,
    sent_at           timestamptz,
    answered_at       timestamptz,
    named_at          timestamptz,
    submitted_at      timestamptz GENERATED ALWAYS AS (coalesce(sent_at, answered_at, named_at)) STORED,
    step_occurred_at  timestamptz,
    step_message_id   uuid,
    step_stage        smallint NOT NULL DEFAULT 1,
    step_failed       boolean NOT NULL DEFAULT false,
    step_reason       text,
    variant           text,
    stated_version    text,
    claimed_version   text,
    firmware_version  text GENERATED ALWAYS AS (coalesce(stated_version, claimed_version)) STORED,
    image_hash        bytea,
    image             jsonb,
    UNIQUE (originator, target, counter)
);

-- What was said of a request as a whole.
CREATE TABLE request_step (
    request_key bigint NOT NULL,
    message_id  uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    stage       smallint NOT NULL,
    failed      boolean NOT NULL,
    reason      text,
    PRIMARY KEY (request_key, message_id)
);

-- What was said of one device. Rows are never changed. request_key is null when the message names
-- no request: such a loose event belongs where attribution finds, each time it is asked.
CREATE TABLE event (
    device_id        bigint NOT NULL,
    request_key      bigint,
    message_id       uuid NOT NULL,
    occurred_at      timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    device_time      timestamptz,
    comms_hub_id     bigint,
    stage            smallint NOT NULL,
    failed           boolean NOT NULL,
    reason           text,
    firmware_version text,
    image_hash       bytea,
    PRIMARY KEY (device_id, message_id)
);
CREATE INDEX event_loose ON event (device_id) WHERE request_key IS NULL;

-- One device in one request, with the greatest of its own events; stage 0 while it has none.
-- refused: the DSP refused the device by name, so word about the whole request is not about it.
CREATE TABLE distribution (
    device_id   bigint NOT NULL,
    request_key bigint NOT NULL,
    message_id  uuid,
    occurred_at timestamptz,
    stage       smallint NOT NULL DEFAULT 0,
    failed      boolean NOT NULL DEFAULT false,
    refused     boolean NOT NULL DEFAULT false,
    reason      text,
    PRIMARY KEY (device_id, request_key)
) WITH (fillfactor = 75);
CREATE INDEX distribution_of_request ON distribution (request_key, device_id);

-- What the Smart Metering Inventory holds of a device, as messages and imports told it: of each
-- fact the latest word. learnt_at and message_id are those of the latest statement; older holds
-- {fact: [learnt_at, message_id]} of the facts that an earlier one told and no later one did. A
-- message_id of zeros stands for an import. The same rule: firmtrack.domain.inventory.
CREATE TABLE device (
    device_id               bigint PRIMARY KEY,
    learnt_at               timestamptz,
    message_id              uuid NOT NULL,
    device_type             text,
    smets_version           text,
    csp_region              text,
    manufacturer            text,
    model                   text,
    device_status           text,
    firmware_version        text,
    firmware_version_status text,
    gbcs_version            text,
    comms_hub_id            bigint,
    responsible_supplier    bigint,
    older                   jsonb
);
CREATE INDEX device_of_comms_hub ON device (comms_hub_id) WHERE comms_hub_id IS NOT NULL;

-- Which Users were party to a message that describes the device.
CREATE TABLE device_acquaintance (
    device_id bigint NOT NULL,
    user_id   bigint NOT NULL,
    PRIMARY KEY (device_id, user_id)
);

-- Input that could not be taken, whole where that was possible. The same input again, by the
-- SHA-256 of its octets, only raises times_received.
CREATE TABLE quarantine (
    quarantine_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity       bytea NOT NULL UNIQUE,
    body           bytea NOT NULL,
    is_whole       boolean NOT NULL,
    media_type     text NOT NULL,
    received_at    timestamptz,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    origin         text NOT NULL,
    submitter      text NOT NULL,
    reason_code    text NOT NULL,
    reason         text NOT NULL,
    times_received bigint NOT NULL DEFAULT 1,
    replayed_at    timestamptz,
    replay_outcome text
);

-- How many well-formed messages were not about firmware, by kind.
CREATE TABLE ignored_count (
    kind  text PRIMARY KEY,
    count bigint NOT NULL
);

-- Every look-up: who, when, what, how many rows.
CREATE TABLE lookup_audit (
    lookup_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    looked_up_at timestamptz NOT NULL DEFAULT now(),
    viewer    text NOT NULL,
    kind      text NOT NULL,
    term      text NOT NULL,
    row_count bigint NOT NULL
);

-- To which of its device's requests a loose event belongs: the newest submitted at or before it
-- whose image hash, or else firmware version, agrees. The same rule: firmtrack.domain.attribution.
CREATE FUNCTION attributed_request(
    of_device bigint, happened_at timestamptz, carried_hash bytea, carried_version text
) RETURNS TABLE (request_key bigint)
    LANGUAGE sql STABLE
    AS $$
        SELECT candidate.request_key
        FROM distribution
        JOIN request AS candidate ON candidate.request_key = distribution.request_key
        WHERE distribution.device_id = of_device
          AND (candidate.submitted_at IS NULL OR candidate.submitted_at <= happened_at)
          AND CASE
                  WHEN carried_hash IS NOT NULL AND candidate.image_hash IS NOT NULL
                      THEN carried_hash = candidate.image_hash
                  ELSE coalesce(carried_version = candidate.firmware_version, false)
              END
        ORDER BY candidate.submitted_at DESC NULLS LAST,
            candidate.originator DESC, candidate.target DESC, candidate.counter DESC
        LIMIT 1
    $$;

-- Every distribution with its current status: the device's own word, unless the request's word is
-- from a later stage and concerns the device. The same rule: firmtrack.domain.precedence.
CREATE VIEW current_distribution AS
    SELECT
        d.device_id,
        d.request_key,
        r.originator,
        r.target,
        r.counter,
        r.variant,
        r.firmware_version,
        r.image_hash,
        coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
        s.stage,
        s.failed,
        s.reason,
        s.occurred_at,
        CASE
            WHEN s.failed THEN 'failed'
            WHEN s.stage = 6 AND r.variant IS DISTINCT FROM '11.4' THEN 'successful'
            WHEN s.stage = 7 AND r.variant IS DISTINCT FROM '11.1' THEN 'successful'
            ELSE 'in_progress'
        END AS completion
    FROM distribution AS d
    JOIN request AS r ON r.request_key = d.request_key
    CROSS JOIN LATERAL (
        SELECT
            d.refused OR d.stage >= r.step_stage AS is_own,
            -- The request's own arrival says that it was received, as a step may: the latest counts.
            r.step_stage = 1 AND r.message_id IS NOT NULL AND (
                r.step_message_id IS NULL
                OR (r.submitted_at, r.message_id) > (r.step_occurred_at, r.step_message_id)
            ) AS is_arrival
    ) AS o
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN is_own THEN d.stage ELSE r.step_stage END AS stage,
            CASE WHEN is_own THEN d.failed ELSE r.step_failed END AS failed,
            CASE
                WHEN is_own THEN d.reason
                WHEN NOT is_arrival THEN r.step_reason
            END AS reason,
            CASE
                WHEN is_own THEN d.occurred_at
                WHEN is_arrival THEN coalesce(r.submitted_at, r.recorded_at)
                ELSE coalesce(r.step_occurred_at, r.submitted_at, r.recorded_at)
            END AS occurred_at
    ) AS s;
