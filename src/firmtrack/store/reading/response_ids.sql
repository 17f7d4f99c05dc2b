-- DCC's Response IDs of messages that have one, none of which is undated. With a message's time one month is
-- searched for it; the times' bounds say, before anything is, which months may be.
SELECT m.message_id, m.responder, m.user_id, m.response_counter
FROM unnest(%(message_ids)s::uuid[], %(times)s::timestamptz[]) AS named (message_id, occurred_at)
CROSS JOIN LATERAL (
    SELECT message_id, responder, user_id, response_counter
    FROM dated_message AS d
    WHERE d.message_id = named.message_id AND d.occurred_at = named.occurred_at
      AND d.occurred_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz
    OFFSET 0
) AS m
WHERE m.response_counter IS NOT NULL AND m.user_id IS NOT NULL
