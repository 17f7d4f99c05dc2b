-- Queue the current statuses that the batch has changed, for those to be notified: the originator,
-- and the device's Responsible Supplier if that is another party. One row a message, User and
-- status; what befell a request as a whole and changed all its devices needs no list of them.
WITH changed AS (
    SELECT c.device_id, c.request_key, c.originator, c.stage, c.failed, c.reason, c.occurred_at,
        c.word_message_id AS message_id, c.is_own_word, c.addressee
    FROM (
        SELECT device_id FROM staged_event
        UNION
        SELECT device_id FROM staged_name
        UNION
        SELECT device_id FROM distribution WHERE request_key = ANY (%(request_keys)s)
    ) AS concerned
    JOIN current_distribution AS c USING (device_id)
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
        changed.is_own_word
    FROM changed
    JOIN notice_subscriber AS s ON s.user_id = changed.originator
    CROSS JOIN LATERAL (
        SELECT changed.addressee IS NOT NULL AND NOT EXISTS (
            SELECT
            FROM notice_subscriber AS a
            WHERE a.user_id = changed.addressee AND a.party_id = s.party_id
        ) AS is_anothers
    ) AS event
    UNION ALL
    SELECT s.user_id, false, changed.device_id, changed.request_key, changed.stage, changed.failed,
        changed.reason, changed.occurred_at, changed.message_id, changed.is_own_word
    FROM changed
    JOIN device USING (device_id)
    JOIN notice_subscriber AS s ON s.user_id = device.responsible_supplier
    LEFT JOIN notice_subscriber AS o ON o.user_id = changed.originator
    WHERE device.responsible_supplier <> changed.originator
      AND o.party_id IS DISTINCT FROM s.party_id
)
INSERT INTO status_change
    (user_id, is_own, topic, reason, request_key, message_id, occurred_at, recorded_at, device_ids,
    details)
SELECT user_id, is_own, (%(topics)s::text[])[2 * stage + failed::integer - 1], reason, request_key,
    message_id, occurred_at, now(),
    CASE
        WHEN is_own AND NOT is_own_word
            AND count(*) = (
                SELECT count(*) FROM distribution AS d WHERE d.request_key = notified.request_key
            )
            THEN NULL
        ELSE array_agg(device_id ORDER BY device_id)
    END,
    %(details)s::jsonb
FROM notified
GROUP BY user_id, is_own, request_key, message_id, stage, failed, reason, occurred_at,
    is_own_word
ORDER BY occurred_at, message_id
