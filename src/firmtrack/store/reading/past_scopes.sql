-- Which devices a look-up of the past is about, and which requests name them.
CREATE TEMPORARY TABLE concerned_device (device_id bigint PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE past_scope_request (request_key bigint PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE restated_device (device_id bigint PRIMARY KEY) ON COMMIT DELETE ROWS;
