-- The stage reports of which no event stays. All events of one are of its time, and so in one month.
DELETE FROM undated_message AS m
USING (
    SELECT DISTINCT message_id
    FROM recorded_event
    WHERE occurred_at < %(kept_from)s AND message_kind = %(stage_report)s
) AS told
WHERE m.message_id = told.message_id
  AND NOT EXISTS (SELECT FROM {events} AS e WHERE e.message_id = m.message_id)
  AND NOT EXISTS (SELECT FROM recorded_request_step AS s WHERE s.message_id = m.message_id)
