-- The tables of 0030 again, with the rows of those of months.
ALTER TABLE recorded_event RENAME TO divided_event;
CREATE TABLE recorded_event (LIKE divided_event);
INSERT INTO recorded_event SELECT * FROM divided_event;
CREATE OR REPLACE VIEW event AS
    SELECT *
    FROM recorded_event AS e
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = e.message_id AND w.restored_at IS NULL
    );
DROP TABLE divided_event;
ALTER TABLE recorded_event ADD CONSTRAINT event_pkey PRIMARY KEY (device_id, message_id);
CREATE INDEX event_loose ON recorded_event (device_id) WHERE request_key IS NULL;
CREATE INDEX event_loose_at ON recorded_event (occurred_at) WHERE request_key IS NULL;

ALTER VIEW message RENAME TO divided_message;
CREATE TABLE message (LIKE undated_message);
INSERT INTO message SELECT * FROM divided_message;
DROP VIEW divided_message;
DROP TABLE dated_message, undated_message;
ALTER TABLE message ADD PRIMARY KEY (message_id);
CREATE INDEX message_recorded_at ON message (recorded_at);

ALTER TABLE lookup_audit RENAME TO divided_lookup_audit;
CREATE TABLE lookup_audit (LIKE divided_lookup_audit);
INSERT INTO lookup_audit SELECT * FROM divided_lookup_audit;
DROP TABLE divided_lookup_audit;
ALTER TABLE lookup_audit
    ALTER COLUMN looked_up_at SET DEFAULT now(),
    ALTER COLUMN lookup_id ADD GENERATED ALWAYS AS IDENTITY,
    ADD PRIMARY KEY (lookup_id);
SELECT setval('lookup_audit_lookup_id_seq', max(lookup_id)) FROM lookup_audit HAVING count(*) > 0;
CREATE INDEX lookup_audit_of_party ON lookup_audit (party, lookup_id DESC);
CREATE INDEX lookup_audit_of_viewer ON lookup_audit (viewer, lookup_id DESC);

ALTER TABLE act RENAME TO divided_act;
CREATE TABLE act (LIKE divided_act);
INSERT INTO act SELECT * FROM divided_act;
DROP TABLE divided_act;
ALTER TABLE act
    ALTER COLUMN acted_at SET DEFAULT clock_timestamp(),
    ALTER COLUMN act_id ADD GENERATED ALWAYS AS IDENTITY,
    ADD PRIMARY KEY (act_id);
SELECT setval('act_act_id_seq', max(act_id)) FROM act HAVING count(*) > 0;
CREATE INDEX act_of_party ON act (party, act_id DESC);

DROP TABLE retention;
