-- DCC's Response ID beside each fact that a message of DCC's or a device's reports, as the message's kind
-- and code are: who looks up a device reads no message. Both null if the message has none. The third part,
-- to whom, is the fact's User; what is reported of activations had none.
ALTER TABLE recorded_event ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_activation_event
    ADD COLUMN addressee bigint, ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_inventory_statement
    ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_supplier_change
    ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_request_step ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_device_incident
    ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_request_incident
    ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;
ALTER TABLE recorded_comms_hub_incident
    ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;

UPDATE recorded_event AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
UPDATE recorded_activation_event AS f
SET addressee = m.user_id, responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id;
UPDATE recorded_inventory_statement AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
UPDATE recorded_supplier_change AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
UPDATE recorded_request_step AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
UPDATE recorded_device_incident AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
UPDATE recorded_request_incident AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
UPDATE recorded_comms_hub_incident AS f
SET responder = m.responder, response_counter = m.response_counter
FROM message AS m
WHERE m.message_id = f.message_id AND m.response_counter IS NOT NULL;
