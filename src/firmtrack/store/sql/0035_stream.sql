-- What became of a message that a party handed in by the API and that went through the stream, unless
-- it was recorded as theirs: that the message itself tells. Rows end after 30 days.
CREATE TABLE stream_outcome (
    message_id    uuid NOT NULL,
    submitter     text NOT NULL,
    outcome       text NOT NULL,
    kind          text,
    reason_code   text,
    reason        text,
    quarantine_id bigint,
    settled_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, submitter)
);
CREATE INDEX stream_outcome_settled_at ON stream_outcome (settled_at);

-- The signs of life of the stream's workers, by this server's clock, and what each last saw left in
-- the stream: messages that wait, and those that are with workers.
CREATE TABLE stream_worker (
    worker_id      uuid PRIMARY KEY,
    seen_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    waiting        bigint NOT NULL,
    unacknowledged bigint NOT NULL
);
