-- Queue the current statuses that the batch has changed, for those to be notified: the originator,
-- and the device's Responsible Supplier if that is another party. One row a message, User and
-- status; what befell a request as a whole and changed all its devices needs no list of them.
WITH subscriber AS MATERIALIZED (
    SELECT party_id, user_id FROM notice_subscriber
), new_request AS MATERIALIZED (
    -- All its devices are new, and their status is the request's own: that of one is that of all.
    SELECT n.request_key, n.device_id
    FROM (
        SELECT request_key, count(*) AS devices, min(device_id) AS device_id
        FROM new_name
        GROUP BY request_key
    ) AS n
    CROSS JOIN LATERAL (
        SELECT count(*) AS devices,
            count(*) FILTER (WHERE NOT d.refused AND d.stage < r.step_stage) AS without_own
        FROM request AS r
        JOIN distribution AS d USING (request_key)
        WHERE r.request_key = n.request_key
    ) AS named
    WHERE n.devices = named.devices AND n.devices = named.without_own
), changed AS MATERIALIZED (
    SELECT c.device_id, c.request_key, c.originator, c.stage, c.failed, c.reason, c.occurred_at,
        c.word_message_id AS message_id, c.is_own_word, c.addressee, pair.is_of_all
    FROM (
        SELECT device_id, request_key, true AS is_of_all FROM new_request
        UNION ALL
        SELECT device_id, request_key, false
        FROM (
            SELECT device_id, request_key
            FROM distribution
            WHERE request_key = ANY (%(request_keys)s)
              AND request_key <> ALL (ARRAY(SELECT request_key FROM new_request))
            UNION
            SELECT d.device_id, d.request_key
            FROM (
                SELECT device_id FROM staged_event
                UNION
                SELECT device_id FROM concerned_device
            ) AS moved
            JOIN distribution AS d USING (device_id)
            WHERE d.request_key <> ALL (ARRAY(SELECT request_key FROM new_request))
        ) AS singly
    ) AS pair
    JOIN current_distribution AS c USING (device_id, request_key)
    LEFT JOIN held_status AS h USING (device_id, request_key)
    WHERE h.device_id IS NULL
       OR (c.stage, c.failed, c.reason) IS DISTINCT FROM (h.stage, h.failed, h.reason)
), notified AS (
    -- Of an event that was sent to another party, its own request's party gets only the day.
    SELECT changed.originator AS user_id, true AS is_own, changed.device_id, changed.request_key,
        changed.stage, changed.failed, changed.reason,
        CASE
            WHEN event.is_anothers THEN date_trunc('day', changed.occurred_at, 'UTC')
            ELSE changed.occurred_at
        END AS occurred_at,
        CASE WHEN NOT event.is_anothers THEN changed.message_id END AS message_id,
        changed.is_own_word, changed.is_of_all
    FROM changed
    JOIN subscriber AS s ON s.user_id = changed.originator
    CROSS JOIN LATERAL (
        SELECT changed.addressee IS NOT NULL AND NOT EXISTS (
            SELECT
            FROM subscriber AS a
            WHERE a.user_id = changed.addressee AND a.party_id = s.party_id
        ) AS is_anothers
    ) AS event
    UNION ALL
    SELECT s.user_id, false, each.device_id, changed.request_key, changed.stage, changed.failed,
        changed.reason, changed.occurred_at, changed.message_id, changed.is_own_word, false
    FROM changed
    CROSS JOIN LATERAL (
        SELECT changed.device_id WHERE NOT changed.is_of_all
        UNION ALL
        SELECT n.device_id FROM new_name AS n
        WHERE changed.is_of_all AND n.request_key = changed.request_key
    ) AS each
    JOIN device ON device.device_id = each.device_id
    JOIN subscriber AS s ON s.user_id = device.responsible_supplier
    LEFT JOIN subscriber AS o ON o.user_id = changed.originator
    WHERE device.responsible_supplier <> changed.originator
      AND o.party_id IS DISTINCT FROM s.party_id
)
INSERT INTO status_change
    (user_id, is_own, topic, reason, request_key, message_id, occurred_at, recorded_at, device_ids,
    details)
SELECT user_id, is_own, (%(topics)s::text[])[2 * stage + failed::integer - 1], reason, request_key,
    message_id, occurred_at, now(),
    CASE
        WHEN is_own AND NOT is_own_word AND (
            is_of_all
            OR count(*) = (
                SELECT count(*) FROM distribution AS d WHERE d.request_key = notified.request_key
            )
        )
            THEN NULL
        ELSE array_agg(device_id ORDER BY device_id)
    END,
    %(details)s::jsonb
FROM notified
GROUP BY user_id, is_own, request_key, message_id, stage, failed, reason, occurred_at,
    is_own_word, is_of_all
ORDER BY occurred_at, message_id
