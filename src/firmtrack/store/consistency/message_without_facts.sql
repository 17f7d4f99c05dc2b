SELECT NULL::bigint AS device_id, NULL::bigint AS request_key, message_id
FROM (
    SELECT message_id
    FROM message
    WHERE kind = ANY (%(kinds_with_facts)s)
      AND (%(is_pruning)s::boolean AND occurred_at < %(kept_from)s::timestamptz) IS NOT TRUE
    EXCEPT
    (
        SELECT message_id FROM recorded_event
        UNION ALL
        SELECT message_id FROM recorded_request_step
        UNION ALL
        SELECT message_id FROM recorded_activation_event
        UNION ALL
        SELECT message_id FROM recorded_supplier_change
        UNION ALL
        SELECT message_id FROM proposal
        UNION ALL
        SELECT message_id FROM verdict
        UNION ALL
        SELECT message_id FROM recorded_device_incident
        UNION ALL
        SELECT message_id FROM recorded_request_incident
        UNION ALL
        SELECT message_id FROM recorded_comms_hub_incident
    )
) AS silent
