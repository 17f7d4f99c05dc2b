-- What is watched: which code may serve these tables, who sends notices, what waits.

-- The code that serves this database knows, of each app, this migration: those that came after it
-- leave older code serving. Written by whoever migrates: firmtrack.store.schema.
CREATE TABLE served_from (
    app       text PRIMARY KEY,
    migration text NOT NULL
);

-- The signs of life of the dispatchers of notices, by this server's clock: firmtrack.notices.signs_of_life.
CREATE TABLE dispatcher (
    dispatcher_id uuid PRIMARY KEY,
    seen_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What was found stalled of late is counted, however much there was.
CREATE INDEX stalled_found_at ON stalled_distribution (found_at);
