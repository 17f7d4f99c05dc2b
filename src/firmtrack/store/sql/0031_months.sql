-- Events, dated messages, look-ups and acts in a table a month, that whole months can go at once. The
-- parents are made here; their parts, and which months these are, by firmtrack.store.months.

ALTER TABLE recorded_event RENAME TO undivided_event;
ALTER TABLE message RENAME TO undivided_message;
ALTER TABLE lookup_audit RENAME TO undivided_lookup_audit;
ALTER TABLE act RENAME TO undivided_act;

-- What was said of one device, by the time of the message that says it, which stands in the message:
-- the same message has the same key, whenever it comes. Rows are never changed. request_key is null when
-- the message names no request.
CREATE TABLE recorded_event (
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
    addressee        bigint,
    message_kind     smallint NOT NULL,
    code             text
) PARTITION BY RANGE (occurred_at);

-- The messages that carry their time, DCC's ResponseDateTime: responses and alerts.
CREATE TABLE dated_message (
    message_id       uuid NOT NULL,
    user_id          bigint,
    occurred_at      timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    kind             smallint NOT NULL,
    code             text,
    body             bytea NOT NULL,
    submitter        text,
    token            text,
    responder        bigint,
    response_counter bigint
) PARTITION BY RANGE (occurred_at);

-- The others, few: requests and stage reports. occurred_at is told beside them and no part of what they
-- are. Which message stands where: firmtrack.domain.facts.Message.is_dated.
CREATE TABLE undated_message (
    message_id       uuid NOT NULL,
    user_id          bigint,
    occurred_at      timestamptz,
    recorded_at      timestamptz NOT NULL,
    kind             smallint NOT NULL,
    code             text,
    body             bytea NOT NULL,
    submitter        text,
    token            text,
    responder        bigint,
    response_counter bigint
);

-- Every look-up: who, when, what, how many rows.
CREATE TABLE lookup_audit (
    lookup_id    bigint NOT NULL,
    looked_up_at timestamptz NOT NULL DEFAULT now(),
    viewer       text NOT NULL,
    kind         text NOT NULL,
    term         text NOT NULL,
    row_count    bigint NOT NULL,
    as_of        timestamptz,
    party        text
) PARTITION BY RANGE (looked_up_at);

-- What people, tokens and operators did besides looking up: who, when, what, whom it concerned.
CREATE TABLE act (
    act_id   bigint NOT NULL,
    acted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor    text NOT NULL,
    party    text,
    kind     text NOT NULL,
    subject  text NOT NULL,
    detail   text NOT NULL
) PARTITION BY RANGE (acted_at);

-- From when on each kind of fact is kept whole, once something older has gone; no row: all is kept.
CREATE TABLE retention (
    kind      text PRIMARY KEY CHECK (
        kind IN ('facts', 'bodies', 'lookups', 'acts', 'notices', 'quarantine')
    ),
    kept_from timestamptz NOT NULL,
    pruned_at timestamptz
);
