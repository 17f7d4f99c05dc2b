-- Notices: changes of status that parties are to be told of, and what was sent to whom.

-- Where a party wants to be told, and of what. The secrets are encrypted: firmtrack.notices.secrets.
-- While earlier_secret_until has not come, calls are signed with both. An endpoint that was removed
-- keeps its row, since what was sent to it stays on record; one that was switched off says why.
CREATE TABLE notice_endpoint (
    endpoint_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id             bigint NOT NULL REFERENCES accounts_party (id) ON DELETE CASCADE,
    channel              text NOT NULL CHECK (channel IN ('webhook', 'duis', 'email')),
    address              text NOT NULL,
    topics               text[] NOT NULL,
    secret               bytea,
    earlier_secret       bytea,
    earlier_secret_until timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    disabled_at          timestamptz,
    disabled_reason      text,
    removed_at           timestamptz
);

-- When an endpoint may next be called. Whoever calls it holds this row's lock meanwhile, so that its
-- notices go out one after the other; failures counts those since the last success.
CREATE TABLE notice_lane (
    endpoint_id bigint PRIMARY KEY REFERENCES notice_endpoint ON DELETE CASCADE,
    due_at      timestamptz NOT NULL DEFAULT now(),
    failures    integer NOT NULL DEFAULT 0
);

-- Who is told of changes: the User IDs of parties with an endpoint that is on.
CREATE VIEW notice_subscriber AS
    SELECT DISTINCT
        u.party_id,
        ('x' || replace(u.user_id, '-', ''))::bit(64)::bigint # (-9223372036854775808) AS user_id
    FROM notice_endpoint AS e
    JOIN accounts_partyuserid AS u ON u.party_id = e.party_id
    WHERE e.disabled_at IS NULL AND e.removed_at IS NULL;

-- The queue: changes of current status that user_id is to be told of, written in the transaction
-- that made them. device_ids is null for the whole request. originator, with counter and the one
-- device, names the request of an activation; of a distribution request_key does. is_own: the told
-- User's own request, whose ID it may be told.
CREATE TABLE status_change (
    change_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint NOT NULL,
    is_own      boolean NOT NULL,
    topic       text NOT NULL,
    reason      text,
    request_key bigint,
    originator  bigint,
    counter     bigint,
    message_id  uuid,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    device_ids  bigint[],
    details     jsonb
);
CREATE INDEX status_change_of_user ON status_change (user_id, change_id);

-- What is, or was, to be sent: one call. notice_id is the webhook-id, the same at every try.
-- sequence is the order in which an endpoint gets them. A dead one was given up.
CREATE TABLE notice (
    notice_id    uuid PRIMARY KEY,
    sequence     bigint GENERATED ALWAYS AS IDENTITY,
    endpoint_id  bigint NOT NULL REFERENCES notice_endpoint ON DELETE CASCADE,
    user_id      bigint,
    topic        text NOT NULL,
    reason       text,
    service_request_id text,
    device_ids   bigint[],
    device_count integer NOT NULL,
    body         bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    waits_since  timestamptz NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    settled_at   timestamptz
);
CREATE INDEX notice_waiting ON notice (endpoint_id, sequence) WHERE state = 'waiting';
CREATE INDEX notice_dead ON notice (endpoint_id, sequence) WHERE state = 'dead';
CREATE INDEX notice_of_endpoint ON notice (endpoint_id, sequence);

-- Which distributions were found stalled at which stage: that is told once.
CREATE TABLE stalled_distribution (
    device_id   bigint NOT NULL,
    request_key bigint NOT NULL,
    stage       smallint NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, request_key, stage)
);

-- The counters of the DCC Alerts that notices by DUIS are.
CREATE SEQUENCE dcc_alert_counter;

-- Each try to send a notice: what was answered, or else what went wrong.
CREATE TABLE notice_try (
    notice_id    uuid NOT NULL REFERENCES notice ON DELETE CASCADE,
    started_at   timestamptz NOT NULL,
    milliseconds integer NOT NULL,
    status_code  smallint,
    problem      text,
    PRIMARY KEY (notice_id, started_at)
);

-- The view of 0001_initial, with the message that says the current status, and whether it speaks of
-- the device itself.
CREATE OR REPLACE VIEW current_distribution AS
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
        END AS completion,
        s.message_id AS word_message_id,
        o.is_own AS is_own_word
    FROM distribution AS d
    JOIN request AS r ON r.request_key = d.request_key
    CROSS JOIN LATERAL (
        SELECT
            d.refused OR d.stage >= r.step_stage AS is_own,
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
            END AS occurred_at,
            CASE
                WHEN is_own THEN d.message_id
                WHEN is_arrival THEN r.message_id
                ELSE r.step_message_id
            END AS message_id
    ) AS s;
