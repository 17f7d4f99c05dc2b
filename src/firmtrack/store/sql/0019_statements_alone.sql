-- What was read before beside the statements of the inventory, and beside the raw facts of a device.

-- What a device's row was before, who was its supplier before, and who was a party to a message that
-- describes it: all that the statements tell.
DROP TRIGGER device_history ON device;
DROP FUNCTION keep_device_history();
DROP TABLE device_history, supplier_word, device_acquaintance;
ALTER TABLE device DROP COLUMN recorded_at;

-- Which devices were ever stated to be on a hub is found by the statements.
DROP INDEX device_of_comms_hub;

-- Facts of a device folded to JSON: they are read as they are.
DROP VIEW told_activation, told_candidate;
DROP FUNCTION told_incidents(bigint);
DROP FUNCTION told_incidents(bigint, bigint, bigint);

-- Which messages were withdrawn at a moment is asked of each message, by withdrawal_period.
DROP FUNCTION withdrawn_message(timestamptz);

-- What is reported of an activation is an event, too.
DROP VIEW activation_word;
ALTER TABLE recorded_activation_word RENAME TO recorded_activation_event;
ALTER INDEX activation_word_pkey RENAME TO recorded_activation_event_pkey;
CREATE VIEW activation_event AS
    SELECT *
    FROM recorded_activation_event AS a
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = a.message_id AND w.restored_at IS NULL
    );

-- What ended since a writer began is looked for by each.
CREATE INDEX distribution_history_ended ON distribution_history (ended_at);
