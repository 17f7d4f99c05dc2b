-- What people of a party noted about a cause. A cause is only its ID, which says what it is of: so
-- what parties note about the same one stays apart.
CREATE TABLE cause_note (
    note_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    party    text NOT NULL,
    cause_id text NOT NULL,
    author   text NOT NULL,
    note     text NOT NULL CHECK (char_length(note) BETWEEN 1 AND 2000)
);
-- An ID may be longer than what a B-tree takes.
CREATE INDEX cause_note_of_cause ON cause_note USING hash (cause_id);
