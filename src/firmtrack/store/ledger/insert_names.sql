-- Which devices some of the batch's requests name: those of their own lists, and those that events are
-- about. No other writer adds any meanwhile: whoever names a request that is not settled holds its row,
-- and of all others the attribution lock is held alone. So what is missing can be looked up first,
-- which is twice as fast as leaving it to ON CONFLICT.
WITH named AS (
    INSERT INTO distribution AS d (device_id, request_key, recorded_at)
    SELECT device_id, request_key, greatest(now(), ended.ended_at)
    FROM (
        SELECT device_id, request_key FROM staged_name
        UNION
        SELECT device_id, request_key FROM staged_event
    ) AS listed
    LEFT JOIN (
        -- A withdrawal since this writer began: until then there was the one that it ended.
        SELECT device_id, request_key, max(ended_at) AS ended_at
        FROM distribution_history
        WHERE ended_at > now()
        GROUP BY device_id, request_key
    ) AS ended USING (device_id, request_key)
    WHERE request_key = ANY (%(request_keys)s)
      AND NOT EXISTS (
          SELECT
          FROM distribution AS known
          WHERE known.device_id = listed.device_id AND known.request_key = listed.request_key
      )
    ORDER BY device_id
    RETURNING d.device_id, d.request_key
), marked AS (
    INSERT INTO standing_due (request_key) SELECT DISTINCT request_key FROM named
)
INSERT INTO new_name (device_id, request_key)
SELECT device_id, request_key FROM named
