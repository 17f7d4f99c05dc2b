-- Activations, hubs, and who was the Responsible Supplier when.

-- What was said of Activate Firmware (11.3) requests, whose target is the device. Rows are never
-- changed; an activation is made from its rows whenever it is asked for: firmtrack.domain.activation.
CREATE TABLE activation_word (
    device_id        bigint NOT NULL,
    originator       bigint NOT NULL,
    counter          bigint NOT NULL,
    message_id       uuid NOT NULL,
    occurred_at      timestamptz,
    recorded_at      timestamptz NOT NULL,
    device_time      timestamptz,
    step             smallint NOT NULL,
    failed           boolean NOT NULL,
    reason           text,
    firmware_version text,
    image_hash       bytea,
    scheduled_for    timestamptz,
    PRIMARY KEY (device_id, message_id)
);

-- Each word of an activation with the message that says it, as one JSON array: the look-ups carry all
-- words of a device in one column.
CREATE VIEW told_activation AS
    SELECT w.device_id, w.originator, json_build_array(
        w.originator, w.counter, w.message_id, w.occurred_at, w.recorded_at, w.device_time, w.step,
        w.failed, w.reason, w.firmware_version, encode(w.image_hash, 'hex'), w.scheduled_for,
        m.kind, m.code
    ) AS word
    FROM activation_word AS w
    JOIN message AS m USING (message_id);

-- Which devices an event has ever named beside which Communications Hub.
CREATE TABLE comms_hub_device (
    comms_hub_id bigint NOT NULL,
    device_id    bigint NOT NULL,
    PRIMARY KEY (comms_hub_id, device_id)
);
INSERT INTO comms_hub_device (comms_hub_id, device_id)
SELECT DISTINCT comms_hub_id, device_id FROM event WHERE comms_hub_id IS NOT NULL;

-- Who was said to be a device's Responsible Supplier, and when, but for the latest word, which is in
-- device. Null: DCC told a User of a change of supplier, which does not say who it is now.
CREATE TABLE supplier_word (
    device_id            bigint NOT NULL,
    learnt_at            timestamptz,
    message_id           uuid NOT NULL,
    responsible_supplier bigint,
    UNIQUE NULLS NOT DISTINCT (device_id, learnt_at, message_id)
);

-- The firmware version that DCC's own inventory held; firmware_version is what runs, whoever says so.
ALTER TABLE device ADD COLUMN smi_firmware_version text;
