-- Facts of the inventory stay when their messages go.
WITH fact AS MATERIALIZED (
    SELECT device_id, request_key, message_id
    FROM recorded_event
    WHERE NOT %(is_pruning)s::boolean OR occurred_at >= %(kept_from)s::timestamptz
    UNION ALL
    SELECT NULL, request_key, message_id FROM recorded_request_step
    UNION ALL
    SELECT NULL, request_key, message_id FROM recorded_request_statement
    UNION ALL
    SELECT device_id, NULL, message_id FROM recorded_activation_event
    UNION ALL
    SELECT device_id, NULL, message_id
    FROM recorded_inventory_statement
    WHERE message_id <> %(import_id)s
      AND (taken_by IS NULL AND learnt_at < %(kept_from)s::timestamptz) IS NOT TRUE
    UNION ALL
    SELECT NULL, NULL, taken_by
    FROM recorded_inventory_statement
    WHERE taken_by IS NOT NULL AND (learnt_at < %(kept_from)s::timestamptz) IS NOT TRUE
    UNION ALL
    SELECT device_id, NULL, message_id
    FROM recorded_supplier_change
    WHERE told_at >= %(kept_from)s::timestamptz
    UNION ALL
    SELECT device_id, NULL, message_id FROM proposal
    UNION ALL
    SELECT NULL, NULL, message_id
    FROM verdict
    WHERE answered_at >= %(kept_from)s::timestamptz
)
SELECT DISTINCT fact.device_id, fact.request_key, fact.message_id
FROM fact
JOIN (
    SELECT message_id FROM fact
    EXCEPT
    SELECT message_id FROM message
) AS missing USING (message_id)
