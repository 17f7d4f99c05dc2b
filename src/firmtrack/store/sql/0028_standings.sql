-- How requests stand, for lists of them: kept by whoever counts, and never believed of a request that has
-- changed since.

-- Requests that have changed since they were counted. Rows are only added, each in the transaction that
-- changes how an update of the request stands, and taken away by whoever counts. is_old: what the request
-- tells was recorded before anyone counted so.
CREATE TABLE standing_due (request_key bigint NOT NULL, is_old boolean NOT NULL DEFAULT false);
CREATE INDEX standing_due_of_request ON standing_due (request_key);
INSERT INTO standing_due SELECT request_key, true FROM request;

-- How many updates of a request stand how. Of those that failed, arrays side by side tell how many for
-- which reason at which stage. ended_at: by when it was found that nothing is under way; null while
-- something is. trouble_at: when the last of its updates in trouble_update was found.
CREATE TABLE request_standing (
    request_key     bigint PRIMARY KEY,
    originator      bigint NOT NULL,
    counted_at      timestamptz NOT NULL,
    successful      integer NOT NULL,
    in_progress     integer NOT NULL,
    failed          integer NOT NULL,
    stalled         integer NOT NULL,
    failure_stages  smallint[] NOT NULL,
    failure_reasons text[] NOT NULL,
    failure_counts  integer[] NOT NULL,
    ended_at        timestamptz,
    trouble_at      timestamptz
);
CREATE INDEX request_standing_ended ON request_standing (originator, ended_at);
CREATE INDEX request_standing_trouble ON request_standing (originator, trouble_at);

-- The updates that failed or have stalled, as counted, and since when Firmtrack has found them so. An update
-- that fails again in the same way keeps its row. failed is false of what has stalled; then reason is null.
CREATE TABLE trouble_update (
    request_key bigint NOT NULL,
    device_id   bigint NOT NULL,
    stage       smallint NOT NULL,
    failed      boolean NOT NULL,
    reason      text,
    found_at    timestamptz NOT NULL,
    PRIMARY KEY (request_key, device_id)
);
CREATE INDEX trouble_update_found ON trouble_update (request_key, found_at);

-- The updates that had stalled when their request was last looked at for it, and when that was.
CREATE TABLE stalled_update (
    request_key bigint NOT NULL,
    device_id   bigint NOT NULL,
    stage       smallint NOT NULL,
    PRIMARY KEY (request_key, device_id)
);

-- How old these counts are stands beside how old the other figures are.
ALTER TABLE last_count DROP CONSTRAINT last_count_figures_check;
ALTER TABLE last_count ADD CONSTRAINT last_count_figures_check
    CHECK (figures IN ('performance', 'arrivals', 'causes', 'standings'));

-- All requests, the newest first: of one User there is such an index.
CREATE INDEX request_by_time
    ON request ((coalesce(submitted_at, recorded_at)), originator, target, counter);

-- What one person looked at, newest first.
CREATE INDEX lookup_audit_of_viewer ON lookup_audit (viewer, lookup_id DESC);

-- Until when each person has been shown what happened to their requests. since: what the visit that is
-- going on is told from; shown_until: what the next one is.
CREATE TABLE person_visit (
    person_id   bigint PRIMARY KEY REFERENCES accounts_user (id) ON DELETE CASCADE,
    since       timestamptz,
    shown_until timestamptz NOT NULL,
    shown_at    timestamptz NOT NULL
);
