-- What Users ask DCC to enter in its inventory (8.4, 12.2), and DCC's answers: known of a device is
-- what DCC has taken. Rows are never changed. facts: by name, as firmtrack.domain.facts.DeviceFacts.
CREATE TABLE proposal (
    originator  bigint NOT NULL,
    target      bigint NOT NULL,
    counter     bigint NOT NULL,
    message_id  uuid NOT NULL,
    device_id   bigint NOT NULL,
    facts       jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (originator, target, counter, message_id)
);

CREATE TABLE verdict (
    originator  bigint NOT NULL,
    target      bigint NOT NULL,
    counter     bigint NOT NULL,
    message_id  uuid NOT NULL,
    is_accepted boolean NOT NULL,
    answered_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (originator, target, counter, message_id)
);
