-- What was stated of the devices; their rows are folded from it.
WITH stated AS (
    INSERT INTO inventory_statement
    SELECT s.*
    FROM concerned_device
    JOIN public.recorded_inventory_statement AS s USING (device_id)
    WHERE s.recorded_at <= %(moment)s
      AND s.message_id NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
      AND (
          s.taken_by IS NULL
          OR s.taken_by NOT IN (SELECT w.message_id FROM withdrawn_message(%(moment)s) AS w)
      )
    RETURNING device_id
)
INSERT INTO restated_device SELECT DISTINCT device_id FROM stated
