-- Whose look-up it was: the party's name, null for an operator's and for those from before this.
ALTER TABLE lookup_audit ADD COLUMN party text;
CREATE INDEX lookup_audit_of_party ON lookup_audit (party, lookup_id DESC);

-- What people, tokens and operators did besides looking up: who, when, what, whom it concerned.
CREATE TABLE act (
    act_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    acted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor    text NOT NULL,
    party    text,
    kind     text NOT NULL,
    subject  text NOT NULL,
    detail   text NOT NULL
);
CREATE INDEX act_of_party ON act (party, act_id DESC);
