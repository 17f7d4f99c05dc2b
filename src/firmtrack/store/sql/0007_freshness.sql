-- When something last came from each source, and how long each is usually silent.

-- The moment that a look-up asked for; null is the present.
ALTER TABLE lookup_audit ADD COLUMN as_of timestamptz;

-- That something came from a source: a row every few seconds while messages come. Rows are only ever
-- added, so that writers do not wait for each other, and taken away by whoever folds them.
-- region is '' where the source has none, or the inventory has not told the device's.
CREATE TABLE arrival (
    source      text NOT NULL,
    region      text NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX arrival_at ON arrival (recorded_at);

-- The arrivals that have been folded: the last of each source.
CREATE TABLE source_last (
    source      text NOT NULL,
    region      text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (source, region)
);

-- The longest of the silences of a source that began within an hour.
CREATE TABLE source_silence (
    source          text NOT NULL,
    region          text NOT NULL,
    hour_at         timestamptz NOT NULL,
    longest_seconds integer NOT NULL,
    PRIMARY KEY (source, region, hour_at)
);

-- What the requests of other devices of the same kind, and of the same day, are found by.
CREATE INDEX request_of_version ON request (firmware_version);
CREATE INDEX request_of_time ON request ((coalesce(submitted_at, recorded_at)));
