-- What befell updates besides their stages. Rows are never changed; which distributions one concerns
-- is found whenever it is asked: firmtrack.domain.incidents.

-- What names a device, beside a request or not; the request may be of any service.
CREATE TABLE recorded_device_incident (
    device_id          bigint NOT NULL,
    message_id         uuid NOT NULL,
    kind               smallint NOT NULL,
    occurred_at        timestamptz NOT NULL,
    recorded_at        timestamptz NOT NULL,
    device_time        timestamptz,
    originator         bigint,
    target             bigint,
    counter            bigint,
    comms_hub_id       bigint,
    reason             text,
    throttled_sequence bigint,
    throttled_count    bigint,
    PRIMARY KEY (device_id, message_id, kind)
);

-- What names a request alone.
CREATE TABLE recorded_request_incident (
    originator         bigint NOT NULL,
    target             bigint NOT NULL,
    counter            bigint NOT NULL,
    message_id         uuid NOT NULL,
    kind               smallint NOT NULL,
    occurred_at        timestamptz NOT NULL,
    recorded_at        timestamptz NOT NULL,
    reason             text,
    throttled_sequence bigint,
    throttled_count    bigint,
    PRIMARY KEY (originator, target, counter, message_id, kind)
);
-- The target of a command is a device: of an Activate Firmware request, the one to activate.
CREATE INDEX request_incident_of_target ON recorded_request_incident (target);

-- What names a hub alone.
CREATE TABLE recorded_comms_hub_incident (
    comms_hub_id       bigint NOT NULL,
    message_id         uuid NOT NULL,
    kind               smallint NOT NULL,
    occurred_at        timestamptz NOT NULL,
    recorded_at        timestamptz NOT NULL,
    new_comms_hub_id   bigint,
    reason             text,
    throttled_sequence bigint,
    throttled_count    bigint,
    PRIMARY KEY (comms_hub_id, message_id, kind)
);

-- Those that are not withdrawn.
CREATE VIEW device_incident AS
    SELECT *
    FROM recorded_device_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );
CREATE VIEW request_incident AS
    SELECT *
    FROM recorded_request_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );
CREATE VIEW comms_hub_incident AS
    SELECT *
    FROM recorded_comms_hub_incident AS i
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = i.message_id AND w.restored_at IS NULL
    );

-- What may concern a device's updates, each as a JSON array: its own incidents, those of the requests
-- that name it or are commands to it, and those of hubs that its events name. A function that a
-- statement's plan takes in whole: it costs no call.
CREATE FUNCTION told_incidents(of_device bigint) RETURNS TABLE (incident json)
    LANGUAGE sql STABLE
    AS $$
        SELECT json_build_array(
            i.kind, i.occurred_at, i.recorded_at, i.device_time, i.originator, i.target, i.counter,
            i.device_id, i.comms_hub_id, i.new_comms_hub_id, i.reason, i.throttled_sequence,
            i.throttled_count, i.message_id, m.kind, m.code, m.user_id
        )
        FROM (
            SELECT own.kind, own.occurred_at, own.recorded_at, own.device_time, own.originator,
                own.target, own.counter, own.device_id, own.comms_hub_id,
                NULL::bigint AS new_comms_hub_id, own.reason, own.throttled_sequence,
                own.throttled_count, own.message_id
            FROM device_incident AS own
            WHERE own.device_id = of_device
            UNION ALL
            SELECT named.kind, named.occurred_at, named.recorded_at, NULL, named.originator,
                named.target, named.counter, NULL, NULL, NULL, named.reason,
                named.throttled_sequence, named.throttled_count, named.message_id
            FROM distribution AS d
            JOIN request AS r USING (request_key)
            JOIN request_incident AS named USING (originator, target, counter)
            WHERE d.device_id = of_device
            UNION ALL
            SELECT command.kind, command.occurred_at, command.recorded_at, NULL, command.originator,
                command.target, command.counter, NULL, NULL, NULL, command.reason,
                command.throttled_sequence, command.throttled_count, command.message_id
            FROM request_incident AS command
            WHERE command.target = of_device
            UNION ALL
            SELECT at_hub.kind, at_hub.occurred_at, at_hub.recorded_at, NULL, NULL, NULL, NULL, NULL,
                at_hub.comms_hub_id, at_hub.new_comms_hub_id, at_hub.reason,
                at_hub.throttled_sequence, at_hub.throttled_count, at_hub.message_id
            FROM (
                SELECT DISTINCT e.comms_hub_id
                FROM event AS e
                WHERE e.device_id = of_device AND e.comms_hub_id IS NOT NULL
            ) AS hub
            JOIN comms_hub_incident AS at_hub USING (comms_hub_id)
        ) AS i
        JOIN message AS m USING (message_id)
    $$;

-- What names a request alone, in the same form.
CREATE FUNCTION told_incidents(of_originator bigint, of_target bigint, of_counter bigint)
    RETURNS TABLE (incident json)
    LANGUAGE sql STABLE
    AS $$
        SELECT json_build_array(
            i.kind, i.occurred_at, i.recorded_at, NULL, i.originator, i.target, i.counter,
            NULL, NULL, NULL, i.reason, i.throttled_sequence, i.throttled_count,
            i.message_id, m.kind, m.code, m.user_id
        )
        FROM request_incident AS i
        JOIN message AS m USING (message_id)
        WHERE i.originator = of_originator AND i.target = of_target AND i.counter = of_counter
    $$;
