-- DCC's Response IDs of messages that have one, none of which is undated. With a message's time one month is
-- searched for it; the times' bounds say, before anything is, which months may be, and the IDs which shards.
SELECT m.message_id, m.responder, m.user_id, m.response_counter
FROM unnest(%(message_ids)s::uuid[], %(times)s::timestamptz[]) AS named (message_id, occurred_at)
JOIN dated_message AS m USING (message_id, occurred_at)
WHERE m.message_id = ANY (%(message_ids)s::uuid[])
  AND m.occurred_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz
  AND m.response_counter IS NOT NULL AND m.user_id IS NOT NULL
