-- Watches: what a person asked to be told of once it ends, fails or stalls (docs/decisions/041).

-- An endpoint may be a person's own: then it is no party's, and no party is told anything by it. The person
-- was of person_party_id when it was made, and is told by it only while they are.
ALTER TABLE notice_endpoint
    ALTER COLUMN party_id DROP NOT NULL,
    ADD COLUMN person_id bigint REFERENCES accounts_user (id) ON DELETE CASCADE,
    ADD COLUMN person_party_id bigint REFERENCES accounts_party (id) ON DELETE CASCADE,
    ADD CONSTRAINT notice_endpoint_owner CHECK (
        num_nonnulls(party_id, person_id) = 1 AND (person_id IS NULL) = (person_party_id IS NULL)
    );
CREATE UNIQUE INDEX notice_endpoint_of_person ON notice_endpoint (person_id, person_party_id, channel)
    WHERE person_id IS NOT NULL;

-- One row a watch: a person, what they watch (one of the three), and the endpoint by which they are told, their
-- own or one of their party's. told is how it stood when they were told last, or set the watch:
-- firmtrack.notices.watched. due_at is when it is next looked at whether or not anything was recorded. A watch
-- that has ended by itself is kept for a while, since what was told may turn out to be wrong.
CREATE TABLE watch (
    watch_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id   bigint NOT NULL REFERENCES accounts_user (id) ON DELETE CASCADE,
    party_id    bigint NOT NULL REFERENCES accounts_party (id) ON DELETE CASCADE,
    device_id   bigint,
    request_key bigint,
    cause_id    text,
    endpoint_id bigint NOT NULL REFERENCES notice_endpoint ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    told        jsonb NOT NULL,
    told_times  integer NOT NULL DEFAULT 0,
    told_at     timestamptz,
    corrections integer NOT NULL DEFAULT 0,
    news        text,
    notice_id   uuid,
    looked_at   timestamptz NOT NULL DEFAULT now(),
    due_at      timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK (num_nonnulls(device_id, request_key, cause_id) = 1)
);
CREATE UNIQUE INDEX watch_of_person ON watch (person_id, device_id, request_key, cause_id) NULLS NOT DISTINCT;
CREATE INDEX watch_of_device ON watch (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX watch_of_request ON watch (request_key) WHERE request_key IS NOT NULL;
CREATE INDEX watch_due ON watch (due_at);

-- The queue: something was recorded of what is watched, in the transaction that recorded it; stalled is how many
-- of its updates were newly found to stand still. Writers only add rows, and wait for nobody: hence no foreign
-- key, which would lock the watch.
CREATE TABLE watch_change (
    change_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watch_id    bigint NOT NULL,
    stalled     integer NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX watch_change_of_watch ON watch_change (watch_id);
