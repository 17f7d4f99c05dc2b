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
CREATE OR REPLACE VIEW device_incident AS
    SELECT *
    FROM recorded_device_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );
CREATE OR REPLACE VIEW request_incident AS
    SELECT *
    FROM recorded_request_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );
CREATE OR REPLACE VIEW comms_hub_incident AS
    SELECT *
    FROM recorded_comms_hub_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );

-- What a message, or a row of an import, states of a device; null is not stated. Rows are
-- only added, but that where a message is read again what it does not state is deleted. A message_id
-- of zeros stands for an import, of which a device may have any number.
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

-- What is not withdrawn: neither itself nor, of what DCC took, the answer that took it.
CREATE VIEW inventory_statement AS
    SELECT *
    FROM recorded_inventory_statement AS s
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = s.message_id AND w.restored_at IS NULL
    )
      AND NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = s.taken_by AND w.restored_at IS NULL
    );
CREATE VIEW supplier_change AS
    SELECT *
    FROM recorded_supplier_change AS c
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = c.message_id AND w.restored_at IS NULL
    );

-- What DCC took, whole: of each proposal as many statements as there are answers that take it.
INSERT INTO recorded_inventory_statement
SELECT s.*
FROM proposal AS p
JOIN verdict AS v USING (originator, target, counter)
JOIN message AS m ON m.message_id = p.message_id
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(
        f.name,
        CASE
            -- An EUI-64 as text; # turns the sign bit.
            WHEN f.name IN ('comms_hub_id', 'responsible_supplier') THEN to_jsonb(
                ('x' || replace(f.value, '-', ''))::bit(64)::bigint # (-9223372036854775808)
            )
            ELSE to_jsonb(f.value)
        END
    ), '{}') AS facts
    FROM jsonb_each_text(p.facts) AS f (name, value)
) AS stated
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::recorded_inventory_statement,
    stated.facts || jsonb_build_object(
        'device_id', p.device_id, 'message_id', p.message_id, 'taken_by', v.message_id,
        'recorded_at', greatest(p.recorded_at, v.recorded_at), 'learnt_at', v.answered_at,
        'user_id', p.originator, 'message_kind', m.kind, 'code', m.code
    )
) AS s
WHERE v.is_accepted;

-- All else as far as the forms of the rows of device tell it, the present and the earlier ones: each
-- fact by its origin, recorded when a form first had it; and earlier suppliers, which no form may
-- have had. Of one import several forms tell the same fact where a later one of its time corrected
-- it; what a message states came with it at once.
WITH form AS (
    SELECT device_id, recorded_at, to_jsonb(d) AS it FROM device AS d
    UNION ALL
    SELECT device_id, recorded_at, form FROM device_history
), word AS (
    SELECT form.device_id, form.recorded_at, f.name, f.value, origin.learnt_at, origin.message_id
    FROM form
    CROSS JOIN LATERAL jsonb_each(
        jsonb_strip_nulls(form.it)
            - '{device_id, recorded_at, learnt_at, message_id, older}'::text[]
    ) AS f (name, value)
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN form.it -> 'older' ? f.name THEN form.it -> 'older' -> f.name ->> 0
                ELSE form.it ->> 'learnt_at'
            END::timestamptz AS learnt_at,
            coalesce(form.it -> 'older' -> f.name ->> 1, form.it ->> 'message_id')::uuid AS message_id
    ) AS origin
    UNION ALL
    -- The latest statement, which may have stated nothing else.
    SELECT device_id, recorded_at, '', NULL, (it ->> 'learnt_at')::timestamptz,
        (it ->> 'message_id')::uuid
    FROM form
    UNION ALL
    SELECT device_id, recorded_at, 'responsible_supplier', to_jsonb(responsible_supplier), learnt_at,
        message_id
    FROM supplier_word
    WHERE responsible_supplier IS NOT NULL
), change AS (
    SELECT *, lag(value) OVER same_fact AS earlier, row_number() OVER same_fact AS place
    FROM word
    WINDOW same_fact AS (PARTITION BY device_id, message_id, learnt_at, name ORDER BY recorded_at)
), stated AS (
    SELECT device_id, message_id, learnt_at, min(recorded_at) AS recorded_at,
        coalesce(
            jsonb_object_agg(name, value ORDER BY recorded_at) FILTER (WHERE name <> ''), '{}'
        ) AS facts
    FROM change
    WHERE place = 1 OR value <> earlier
    GROUP BY device_id, message_id, learnt_at,
        CASE WHEN message_id = '00000000-0000-0000-0000-000000000000' THEN recorded_at END
)
INSERT INTO recorded_inventory_statement
SELECT s.*
FROM stated
LEFT JOIN message AS m USING (message_id)
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::recorded_inventory_statement,
    stated.facts || jsonb_build_object(
        'device_id', stated.device_id, 'message_id', stated.message_id,
        'recorded_at', coalesce(m.recorded_at, stated.recorded_at), 'learnt_at', stated.learnt_at,
        'user_id', m.user_id, 'message_kind', m.kind, 'code', m.code
    )
) AS s
WHERE NOT EXISTS (
    SELECT
    FROM recorded_inventory_statement AS taken
    WHERE taken.device_id = stated.device_id AND taken.message_id = stated.message_id
      AND taken.learnt_at = stated.learnt_at
);

INSERT INTO recorded_supplier_change
SELECT w.device_id, w.message_id, w.recorded_at, w.learnt_at, m.user_id, m.kind, m.code
FROM supplier_word AS w
JOIN message AS m USING (message_id)
WHERE w.responsible_supplier IS NULL AND w.learnt_at IS NOT NULL;

-- Whether the last change of the row moved the device to another segment of figures. Whoever writes
-- the row marks the device as stale then: only that statement knows what the row was.
ALTER TABLE device ADD COLUMN changed_segment boolean NOT NULL DEFAULT false;
DROP TRIGGER device_inserted ON device;
DROP TRIGGER device_updated ON device;
DROP FUNCTION mark_device_stale();

-- What is recorded from now on is read by this edition.
INSERT INTO rereading (edition, phase, ended_at)
SELECT 3, 'done', now()
WHERE NOT EXISTS (SELECT FROM message);

-- By which hub a device's neighbours are found.
CREATE INDEX inventory_statement_of_comms_hub ON recorded_inventory_statement (comms_hub_id)
    WHERE comms_hub_id IS NOT NULL;
