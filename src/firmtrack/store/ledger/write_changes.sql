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
    JOIN (
        SELECT d.request_key, count(*) AS devices,
            count(*) FILTER (WHERE NOT d.refused AND d.stage < r.step_stage) AS without_own
        FROM request AS r
        JOIN distribution AS d USING (request_key)
        WHERE d.request_key = ANY (%(request_keys)s)
        GROUP BY d.request_key
    ) AS named USING (request_key)
    WHERE n.devices = named.devices AND n.devices = named.without_own
), changed AS MATERIALIZED (
    SELECT c.device_id, c.request_key, c.originator, c.stage, c.failed, c.reason, c.occurred_at,
        c.word_message_id AS message_id, c.is_own_word, c.addressee, true AS is_of_all
    FROM new_request
    JOIN current_distribution AS c USING (device_id, request_key)
    UNION ALL
    SELECT c.device_id, c.request_key, c.originator, c.stage, c.failed, c.reason, c.occurred_at,
        c.word_message_id, c.is_own_word, c.addressee, false
    FROM (
        SELECT device_id, request_key
        FROM distribution
        WHERE request_key = ANY (%(request_keys)s)
        UNION
        SELECT d.device_id, d.request_key
        FROM (
            SELECT device_id FROM staged_event
            UNION
            SELECT device_id FROM concerned_device
        ) AS moved
        JOIN distribution AS d USING (device_id)
    ) AS pair
    JOIN current_distribution AS c
        ON c.device_id = pair.device_id AND c.request_key = pair.request_key
    LEFT JOIN held_status AS h ON h.device_id = c.device_id AND h.request_key = c.request_key
    WHERE c.request_key <> ALL (ARRAY(SELECT request_key FROM new_request))
      AND (
          h.device_id IS NULL
          OR (c.stage, c.failed, c.reason) IS DISTINCT FROM (h.stage, h.failed, h.reason)
      )
), each AS MATERIALIZED (
    -- Each device for itself: of what befell all, too.
    SELECT device_id, request_key, originator, stage, failed, reason, occurred_at, message_id,
        is_own_word
    FROM changed
    WHERE NOT is_of_all
    UNION ALL
    SELECT n.device_id, n.request_key, c.originator, c.stage, c.failed, c.reason, c.occurred_at,
        c.message_id, c.is_own_word
    FROM changed AS c
    JOIN new_name AS n USING (request_key)
    WHERE c.is_of_all
), supplied AS (
    SELECT each.*, device.responsible_supplier
    FROM each
    JOIN device USING (device_id)
    WHERE device.responsible_supplier <> each.originator
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
    SELECT s.user_id, false, c.device_id, c.request_key, c.stage, c.failed, c.reason, c.occurred_at,
        c.message_id, c.is_own_word, false
    FROM supplied AS c
    JOIN subscriber AS s ON s.user_id = c.responsible_supplier
    LEFT JOIN subscriber AS o ON o.user_id = c.originator
    WHERE o.party_id IS DISTINCT FROM s.party_id
), whole AS (
    -- Of how many devices a request is that befell some of them, or all.
    SELECT request_key, count(*) AS devices
    FROM distribution
    WHERE request_key = ANY (
        ARRAY(SELECT request_key FROM changed WHERE NOT is_own_word AND NOT is_of_all)
    )
    GROUP BY request_key
)
INSERT INTO status_change
    (user_id, is_own, topic, reason, request_key, message_id, occurred_at, recorded_at, device_ids,
    details)
SELECT n.user_id, n.is_own, (%(topics)s::text[])[2 * n.stage + n.failed::integer - 1], n.reason,
    n.request_key, n.message_id, n.occurred_at, now(),
    CASE
        WHEN n.is_own AND NOT n.is_own_word AND (n.is_of_all OR count(*) = whole.devices) THEN NULL
        ELSE array_agg(n.device_id ORDER BY n.device_id)
    END,
    %(details)s::jsonb
FROM notified AS n
LEFT JOIN whole USING (request_key)
GROUP BY n.user_id, n.is_own, n.request_key, n.message_id, n.stage, n.failed, n.reason, n.occurred_at,
    n.is_own_word, n.is_of_all, whole.devices
ORDER BY n.occurred_at, n.message_id
