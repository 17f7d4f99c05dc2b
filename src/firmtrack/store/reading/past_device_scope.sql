-- The device itself and its sisters: all that were ever placed on a hub where it was placed.
INSERT INTO concerned_device (device_id)
WITH hub AS (
    SELECT comms_hub_id FROM public.recorded_event WHERE device_id = %(device_id)s
    UNION
    SELECT comms_hub_id
    FROM public.recorded_inventory_statement
    WHERE device_id = %(device_id)s
)
SELECT %(device_id)s::bigint
UNION
SELECT beside.device_id FROM hub JOIN public.comms_hub_device AS beside USING (comms_hub_id)
UNION
SELECT beside.device_id FROM hub JOIN public.device AS beside USING (comms_hub_id)
