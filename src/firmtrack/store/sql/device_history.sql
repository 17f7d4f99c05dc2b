-- All that was said of one device, in the order of precedence: its own events, each with the request
-- that it belongs to, and the steps of the requests that name it and have not refused it.
SELECT said.request_key, said.stage, said.failed, said.occurred_at, said.recorded_at,
    said.names_device, said.reason, said.device_time, said.comms_hub_id, said.firmware_version,
    said.image_hash, m.kind, m.code, m.user_id, m.message_id
FROM (
    SELECT coalesce(e.request_key, found.request_key) AS request_key, e.message_id, e.stage,
        e.failed, e.occurred_at, e.recorded_at, true AS names_device, e.reason, e.device_time,
        e.comms_hub_id, e.firmware_version, e.image_hash
    FROM event AS e
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version
    ) AS found ON true
    WHERE e.device_id = %(device_id)s
    UNION ALL
    SELECT d.request_key, s.message_id, s.stage, s.failed, s.occurred_at, s.recorded_at, false,
        s.reason, NULL, NULL, NULL, NULL
    FROM distribution AS d
    JOIN request_step AS s USING (request_key)
    WHERE d.device_id = %(device_id)s AND NOT d.refused
    UNION ALL
    SELECT d.request_key, r.message_id, 1, false, coalesce(r.submitted_at, r.recorded_at),
        r.recorded_at, false, NULL, NULL, NULL, r.firmware_version, r.image_hash
    FROM distribution AS d
    JOIN request AS r USING (request_key)
    WHERE d.device_id = %(device_id)s AND r.message_id IS NOT NULL
) AS said
JOIN message AS m USING (message_id)
ORDER BY said.stage DESC, said.names_device DESC, said.occurred_at DESC, said.message_id DESC
