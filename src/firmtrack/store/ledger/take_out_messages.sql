-- Take out again messages that were inserted in this very transaction.
WITH dated AS (
    DELETE FROM dated_message WHERE message_id = ANY (%(message_ids)s::uuid[])
)
DELETE FROM undated_message WHERE message_id = ANY (%(message_ids)s::uuid[])
