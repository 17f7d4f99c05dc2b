-- What is remembered of what went with its month, and what a prune works with.

-- The Service Requests of which nothing is kept any more: that one comes again tells nothing new. Of
-- updates, and of activations.
CREATE TABLE pruned_request (
    originator bigint NOT NULL,
    target     bigint NOT NULL,
    counter    bigint NOT NULL,
    PRIMARY KEY (originator, target, counter)
);

-- How many distributions of a request that stays went, by how they had ended; kept_from is the latest
-- prune's that took any of them.
CREATE TABLE pruned_distribution (
    request_key bigint NOT NULL,
    completion  text NOT NULL,
    count       integer NOT NULL,
    kept_from   timestamptz NOT NULL,
    PRIMARY KEY (request_key, completion)
);

-- One row while facts are pruned: whoever records anything then leaves in touched_fact what it is about.
-- A row that is older than a day is left of a prune that was killed.
CREATE TABLE preparing_prune (
    kept_from timestamptz NOT NULL,
    began_at  timestamptz NOT NULL
);

-- What was recorded while facts are pruned: of which device, about which request, by which message.
CREATE UNLOGGED TABLE touched_fact (
    device_id   bigint,
    request_key bigint,
    message_id  uuid
);

-- The distributions that are to go. tied_at and declined are what attribution sees of each. One that
-- has ended, since what named it was withdrawn, has no completion.
CREATE UNLOGGED TABLE going_distribution (
    device_id   bigint NOT NULL,
    request_key bigint NOT NULL,
    completion  text,
    tied_at     timestamptz,
    declined    boolean NOT NULL,
    PRIMARY KEY (device_id, request_key)
);
CREATE INDEX going_distribution_of_request ON going_distribution (request_key);

-- The activations of their devices: whether one stays for its own sake.
CREATE UNLOGGED TABLE going_activation (
    device_id  bigint NOT NULL,
    originator bigint NOT NULL,
    counter    bigint NOT NULL,
    image_hash bytea,
    is_command boolean NOT NULL,
    is_kept    boolean NOT NULL,
    PRIMARY KEY (device_id, originator, counter)
);

-- What is said of several distributions of a device at once: while it stays, so do they. It stays if
-- is_kept, or while one of its owners does.
CREATE UNLOGGED TABLE going_tie (
    device_id   bigint NOT NULL,
    tie         text NOT NULL,
    request_key bigint NOT NULL,
    is_owner    boolean NOT NULL,
    is_kept     boolean NOT NULL
);
CREATE INDEX going_tie_of_device ON going_tie (device_id, tie);

-- Whether an event that names no request may be of one, as far as image and version tell. The same rule:
-- firmtrack.domain.attribution, and attributed_request.
CREATE FUNCTION may_be_of(
    carried_hash bytea, carried_version text, is_own boolean, image_hash bytea, versions text[]
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN carried_hash IS NOT NULL AND image_hash IS NOT NULL THEN carried_hash = image_hash
    WHEN carried_version IS NOT NULL AND versions <> '{}'
        THEN comparable_version(carried_version) = ANY (versions)
    ELSE coalesce(is_own, false)
END;
