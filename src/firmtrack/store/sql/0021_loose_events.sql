-- The events that name no request, by their time: of those that are newer than a new request there are
-- few, so that its devices need not be looked through.
CREATE INDEX event_loose_at ON recorded_event (occurred_at) WHERE request_key IS NULL;

-- Devices of which a loose event that happened since then may belong elsewhere than it was folded, by a
-- request that came late: they are folded in portions.
CREATE TABLE unfolded_device (
    device_id bigint NOT NULL,
    since     timestamptz NOT NULL
);

-- The newest messages are read in their order. Of many that came together the index holds the time once.
DROP INDEX message_recorded_at;
CREATE INDEX message_recorded_at ON message (recorded_at);
