-- All facts of a device can be read at once: each beside what its message is, and the statements of
-- the inventory are facts as well, of which the row of device is the projection.

-- What a message is stands beside each fact that it tells of a device: a shard has no other table to
-- find it in.
ALTER TABLE recorded_event ADD COLUMN message_kind smallint, ADD COLUMN code text;
UPDATE recorded_event AS e
SET message_kind = m.kind, code = m.code
FROM message AS m
WHERE m.message_id = e.message_id;
ALTER TABLE recorded_event ALTER COLUMN message_kind SET NOT NULL;
CREATE OR REPLACE VIEW event AS
    SELECT *
    FROM recorded_event AS e
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = e.message_id AND w.restored_at IS NULL
    );

ALTER TABLE recorded_request_step
    ADD COLUMN message_kind smallint, ADD COLUMN code text, ADD COLUMN user_id bigint;
UPDATE recorded_request_step AS s
SET message_kind = m.kind, code = m.code, user_id = m.user_id
FROM message AS m
WHERE m.message_id = s.message_id;
ALTER TABLE recorded_request_step ALTER COLUMN message_kind SET NOT NULL;
CREATE OR REPLACE VIEW request_step AS
    SELECT *
    FROM recorded_request_step AS s
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = s.message_id AND w.restored_at IS NULL
    );

ALTER TABLE recorded_activation_word ADD COLUMN message_kind smallint, ADD COLUMN code text;
UPDATE recorded_activation_word AS a
SET message_kind = m.kind, code = m.code
FROM message AS m
WHERE m.message_id = a.message_id;
ALTER TABLE recorded_activation_word ALTER COLUMN message_kind SET NOT NULL;
CREATE OR REPLACE VIEW activation_word AS
    SELECT *
    FROM recorded_activation_word AS a
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = a.message_id AND w.restored_at IS NULL
    );

ALTER TABLE recorded_device_incident
    ADD COLUMN message_kind smallint, ADD COLUMN code text, ADD COLUMN user_id bigint;
UPDATE recorded_device_incident AS i
SET message_kind = m.kind, code = m.code, user_id = m.user_id
FROM message AS m
WHERE m.message_id = i.message_id;
ALTER TABLE recorded_device_incident ALTER COLUMN message_kind SET NOT NULL;
ALTER TABLE recorded_request_incident
    ADD COLUMN message_kind smallint, ADD COLUMN code text, ADD COLUMN user_id bigint;
UPDATE recorded_request_incident AS i
SET message_kind = m.kind, code = m.code, user_id = m.user_id
FROM message AS m
WHERE m.message_id = i.message_id;
ALTER TABLE recorded_request_incident ALTER COLUMN message_kind SET NOT NULL;
ALTER TABLE recorded_comms_hub_incident
    ADD COLUMN message_kind smallint, ADD COLUMN code text, ADD COLUMN user_id bigint;
UPDATE recorded_comms_hub_incident AS i
SET message_kind = m.kind, code = m.code, user_id = m.user_id
FROM message AS m
WHERE m.message_id = i.message_id;
ALTER TABLE recorded_comms_hub_incident ALTER COLUMN message_kind SET NOT NULL;
CREATE OR REPLACE VIEW request_incident AS
    SELECT *
    FROM recorded_request_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );

-- What a message, or a row of an import, states of a device; null is not stated. Rows are never
-- changed. A message_id of zeros stands for an import, of which a device may have any number.
-- taken_by: the answer with which DCC took what the message only proposes; null of what DCC states
-- itself. user_id, message_kind and code are those of the message, null of an import.
CREATE TABLE recorded_inventory_statement (
    device_id               bigint NOT NULL,
    message_id              uuid NOT NULL,
    taken_by                uuid,
    recorded_at             timestamptz NOT NULL,
    learnt_at               timestamptz,
    user_id                 bigint,
    message_kind            smallint,
    code                    text,
    device_type             text,
    smets_version           text,
    csp_region              text,
    manufacturer            text,
    model                   text,
    device_status           text,
    firmware_version        text,
    firmware_version_status text,
    gbcs_version            text,
    comms_hub_id            bigint,
    responsible_supplier    bigint,
    smi_firmware_version    text,
    UNIQUE NULLS NOT DISTINCT (device_id, message_id, taken_by, learnt_at, recorded_at)
);

-- That DCC told a User of a change of a device's supplier; it does not say who it is now.
CREATE TABLE recorded_supplier_change (
    device_id    bigint NOT NULL,
    message_id   uuid NOT NULL,
    recorded_at  timestamptz NOT NULL,
    told_at      timestamptz NOT NULL,
    user_id      bigint,
    message_kind smallint NOT NULL,
    code         text,
    PRIMARY KEY (device_id, message_id)
);

-- From when until when each message was withdrawn.
CREATE VIEW withdrawal_period AS
    SELECT message_id, withdrawn_at AS began_at,
        coalesce(restored_at, 'infinity') AS ended_at
    FROM withdrawal;
