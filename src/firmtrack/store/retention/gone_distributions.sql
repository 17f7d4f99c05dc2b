-- The distributions themselves, and at which hubs their devices were; how many went is kept with their
-- requests. Return how many.
WITH portion AS MATERIALIZED (
    DELETE FROM going_distribution
    WHERE device_id BETWEEN %(first)s AND %(last)s
    RETURNING device_id, request_key, completion
), gone AS (
    DELETE FROM distribution AS d
    USING portion AS p
    WHERE d.device_id = p.device_id AND d.request_key = p.request_key
    RETURNING d.device_id, d.request_key, p.completion
), counted AS (
    INSERT INTO pruned_distribution AS c (request_key, completion, count, kept_from)
    SELECT request_key, completion, count(*), %(kept_from)s
    FROM gone
    WHERE completion IS NOT NULL
    GROUP BY request_key, completion
    ON CONFLICT (request_key, completion) DO UPDATE
    SET count = c.count + excluded.count, kept_from = greatest(c.kept_from, excluded.kept_from)
), marked AS (
    INSERT INTO standing_due (request_key) SELECT DISTINCT request_key FROM gone
), beside AS (
    -- Which hub a device was at is told by its updates.
    DELETE FROM comms_hub_device AS c
    USING (SELECT DISTINCT device_id FROM portion) AS p
    WHERE c.device_id = p.device_id
      AND NOT EXISTS (
          SELECT
          FROM distribution AS d
          WHERE d.device_id = c.device_id
            AND NOT EXISTS (
                SELECT
                FROM portion
                WHERE portion.device_id = d.device_id AND portion.request_key = d.request_key
            )
      )
      AND NOT EXISTS (
          SELECT
          FROM recorded_event AS e
          WHERE e.device_id = c.device_id AND e.request_key IS NULL
            AND e.comms_hub_id = c.comms_hub_id
      )
)
SELECT count(*) FROM portion
