-- A body is kept packed; then this is its size, and null where it stands as it came.
ALTER TABLE quarantine ADD COLUMN unpacked_bytes bigint;

-- What waits is added up for each submitter.
CREATE INDEX quarantine_waiting ON quarantine (submitter) WHERE replayed_at IS NULL;

-- What was not even kept, since too much of the same submitter waits: how often and how much.
CREATE TABLE quarantine_overflow (
    submitter    text PRIMARY KEY,
    times        bigint NOT NULL,
    octets       bigint NOT NULL,
    last_at      timestamptz NOT NULL
);

-- What the operator took out of the quarantine for good. The identity is the SHA-256 of the input.
CREATE TABLE quarantine_discarded (
    quarantine_id  bigint PRIMARY KEY,
    identity       bytea NOT NULL,
    body_bytes     bigint NOT NULL,
    reason_code    text NOT NULL,
    origin         text NOT NULL,
    submitter      text NOT NULL,
    recorded_at    timestamptz NOT NULL,
    times_received bigint NOT NULL,
    discarded_at   timestamptz NOT NULL DEFAULT now(),
    discarded_by   text NOT NULL,
    because        text NOT NULL
);

-- Whose what came was, so that of a source with few others than the viewer nothing need be told of them.
ALTER TABLE arrival ADD COLUMN user_id bigint;
CREATE TABLE source_user (
    source      text NOT NULL,
    region      text NOT NULL,
    user_id     bigint NOT NULL,
    first_at    timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (source, region, user_id)
);

-- The last before the quarter of an hour in which the last came.
ALTER TABLE source_last ADD COLUMN earlier_at timestamptz;
