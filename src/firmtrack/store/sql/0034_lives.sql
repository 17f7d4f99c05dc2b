-- What a message said word for word may go before what was read of it does; then body is null.
ALTER TABLE dated_message ALTER COLUMN body DROP NOT NULL;
ALTER TABLE undated_message ALTER COLUMN body DROP NOT NULL;

-- How many messages were passed over because of that.
ALTER TABLE rereading ADD COLUMN without_body bigint NOT NULL DEFAULT 0;
