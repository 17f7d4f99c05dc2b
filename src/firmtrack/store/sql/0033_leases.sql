-- Who does what one process alone does, and until when: economy, not safety (firmtrack.store.locks).
CREATE TABLE lease (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    until timestamptz NOT NULL
);

-- Locked by who counts, in the transaction that does. They have no rows: to lock one takes no snapshot,
-- so a transaction that sees one moment begins with it.
CREATE TABLE counting_turn ();
CREATE TABLE standings_turn ();
