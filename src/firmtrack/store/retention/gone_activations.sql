-- The activations of images that only what goes may have brought, and of none; with the User's own
-- requests. That a request was known is kept: DUIS gives it no time by which it could be told.
WITH touched AS MATERIALIZED (
    SELECT DISTINCT device_id FROM touched_fact WHERE device_id IS NOT NULL
), ending AS MATERIALIZED (
    SELECT a.device_id, a.originator, a.counter
    FROM going_activation AS a
    WHERE a.device_id BETWEEN %(first)s AND %(last)s
      AND NOT a.is_kept
      AND a.device_id NOT IN (SELECT device_id FROM touched)
      AND NOT (a.is_command AND EXISTS (
          SELECT
          FROM distribution AS d
          JOIN request AS r USING (request_key)
          WHERE d.device_id = a.device_id
            AND (a.image_hash IS NULL OR r.image_hash IS NULL OR a.image_hash = r.image_hash)
            AND NOT EXISTS (
                SELECT
                FROM going_distribution AS g
                WHERE g.device_id = d.device_id AND g.request_key = d.request_key
            )
      ))
), remembered AS (
    INSERT INTO pruned_request (originator, target, counter)
    SELECT originator, device_id, counter FROM ending
    ON CONFLICT DO NOTHING
), gone AS (
    DELETE FROM recorded_activation_event AS e
    USING ending
    WHERE e.device_id = ending.device_id AND e.originator = ending.originator
      AND e.counter = ending.counter
    RETURNING e.message_id
), done AS (
    DELETE FROM going_activation AS a
    USING ending
    WHERE a.device_id = ending.device_id AND a.originator = ending.originator
      AND a.counter = ending.counter
)
DELETE FROM undated_message AS m
USING gone
WHERE m.message_id = gone.message_id AND NOT %(is_rehearsal)s
