-- The rows of the undivided tables into those of months: without an index, which are made afterwards.
SET LOCAL maintenance_work_mem = '256MB';

INSERT INTO recorded_event
SELECT device_id, request_key, message_id, occurred_at, recorded_at, device_time, comms_hub_id, stage,
    failed, reason, firmware_version, image_hash, addressee, message_kind, code
FROM undivided_event;
CREATE OR REPLACE VIEW event AS
    SELECT *
    FROM recorded_event AS e
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = e.message_id AND w.restored_at IS NULL
    );
DROP TABLE undivided_event;
ALTER TABLE recorded_event ADD PRIMARY KEY (device_id, message_id, occurred_at);
CREATE INDEX event_loose ON recorded_event (device_id) WHERE request_key IS NULL;
CREATE INDEX event_loose_at ON recorded_event (occurred_at) WHERE request_key IS NULL;

-- The kinds without a time of their own: requests of firmware, pre-notifications, stage reports, requests
-- of activation, updates of the inventory. One of another kind may have none that is known: it was recorded
-- by an early edition, and is read again.
INSERT INTO dated_message
SELECT message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, token, responder,
    response_counter
FROM undivided_message
WHERE kind NOT IN (1, 10, 11, 15, 19) AND occurred_at IS NOT NULL;
INSERT INTO undated_message
SELECT message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, token, responder,
    response_counter
FROM undivided_message
WHERE kind IN (1, 10, 11, 15, 19) OR occurred_at IS NULL;
DROP TABLE undivided_message;
ALTER TABLE dated_message ADD PRIMARY KEY (message_id, occurred_at);
ALTER TABLE undated_message ADD PRIMARY KEY (message_id);
CREATE INDEX dated_message_recorded_at ON dated_message (recorded_at);
CREATE INDEX undated_message_recorded_at ON undated_message (recorded_at);
-- One row a message that was recorded. message_id is the first 128 bits of the message's digest, so the
-- same message received again finds its row.
CREATE VIEW message AS
    SELECT message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, token,
        responder, response_counter
    FROM dated_message
    UNION ALL
    SELECT message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, token,
        responder, response_counter
    FROM undated_message;

INSERT INTO lookup_audit
SELECT lookup_id, looked_up_at, viewer, kind, term, row_count, as_of, party
FROM undivided_lookup_audit;
DROP TABLE undivided_lookup_audit;
-- PostgreSQL before 17 has no identity columns in tables of parts.
CREATE SEQUENCE lookup_audit_lookup_id_seq OWNED BY lookup_audit.lookup_id;
SELECT setval('lookup_audit_lookup_id_seq', max(lookup_id)) FROM lookup_audit HAVING count(*) > 0;
ALTER TABLE lookup_audit
    ALTER COLUMN lookup_id SET DEFAULT nextval('lookup_audit_lookup_id_seq'),
    ADD PRIMARY KEY (lookup_id, looked_up_at);
CREATE INDEX lookup_audit_of_party ON lookup_audit (party, lookup_id DESC);
CREATE INDEX lookup_audit_of_viewer ON lookup_audit (viewer, lookup_id DESC);

INSERT INTO act
SELECT act_id, acted_at, actor, party, kind, subject, detail
FROM undivided_act;
DROP TABLE undivided_act;
CREATE SEQUENCE act_act_id_seq OWNED BY act.act_id;
SELECT setval('act_act_id_seq', max(act_id)) FROM act HAVING count(*) > 0;
ALTER TABLE act
    ALTER COLUMN act_id SET DEFAULT nextval('act_act_id_seq'),
    ADD PRIMARY KEY (act_id, acted_at);
CREATE INDEX act_of_party ON act (party, act_id DESC);

-- Of a table of parts as a whole nobody but us tells the planner.
ANALYZE recorded_event, dated_message, lookup_audit, act;
