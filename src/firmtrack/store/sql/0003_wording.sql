-- What the operators of this installation say that a code means, in place of Firmtrack's own words.
CREATE TABLE code_wording (
    code   text PRIMARY KEY CHECK (char_length(code) BETWEEN 1 AND 64),
    text   text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 300),
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now()
);
