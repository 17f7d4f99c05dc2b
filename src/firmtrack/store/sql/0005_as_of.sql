-- What is needed to answer as of a past moment: when each row came. Rows that are only added tell it
-- themselves; of a device's row, which is changed, every earlier form is kept.
ALTER TABLE distribution ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE supplier_word ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE device_acquaintance ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE device ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();

-- A form that a device's row had from recorded_at up to, but not at, replaced_at; by the columns'
-- names, so that device may get new ones.
CREATE TABLE device_history (
    device_id   bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    form        jsonb NOT NULL
);
CREATE INDEX device_history_of_device ON device_history (device_id, replaced_at);

CREATE FUNCTION keep_device_history() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            INSERT INTO device_history (device_id, recorded_at, replaced_at, form)
            VALUES (OLD.device_id, OLD.recorded_at, now(), to_jsonb(OLD));
            NEW.recorded_at := now();
            RETURN NEW;
        END
    $$;
CREATE TRIGGER device_history BEFORE UPDATE ON device
    FOR EACH ROW EXECUTE FUNCTION keep_device_history();
