-- Leave out what the messages say of updates that have gone with their months: of requests of which some
-- have, and of old events that name none.
DELETE FROM staged_event AS s
WHERE CASE
    WHEN s.request_key IS NULL
        THEN s.occurred_at < (SELECT kept_from FROM retention WHERE kind = 'facts')
            AND NOT EXISTS (
                SELECT
                FROM recorded_event AS e
                WHERE e.device_id = s.device_id AND e.message_id = s.message_id
            )
    ELSE EXISTS (SELECT FROM pruned_distribution AS p WHERE p.request_key = s.request_key)
        AND NOT EXISTS (
            SELECT
            FROM known_distribution AS d
            WHERE d.device_id = s.device_id AND d.request_key = s.request_key
        )
END
