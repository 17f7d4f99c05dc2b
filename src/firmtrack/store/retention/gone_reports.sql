-- The stage reports of which no event stays. All events of one are of its time, and so in one month.
WITH silent AS MATERIALIZED (
    SELECT message_id
    FROM recorded_event
    WHERE occurred_at < %(kept_from)s AND message_kind = %(stage_report)s
    EXCEPT
    (
        SELECT message_id FROM {events}
        UNION ALL
        SELECT message_id FROM recorded_request_step
    )
)
DELETE FROM undated_message AS m
USING silent
WHERE m.message_id = silent.message_id
