-- Move the updates of one incident to another; return how many of them are new to it.
WITH moved AS (
    DELETE FROM party_incident_device WHERE incident_id = %(merged)s
    RETURNING device_id, request_key
), joined AS (
    INSERT INTO party_incident_device (incident_id, device_id, request_key)
    SELECT %(into)s, device_id, request_key FROM moved
    ORDER BY device_id, request_key
    ON CONFLICT DO NOTHING
    RETURNING device_id
)
SELECT count(*) FROM joined
