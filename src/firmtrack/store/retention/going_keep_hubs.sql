-- Leave what was at a Communications Hub of which something is kept that befell it. The OFFSET keeps the
-- events of these few devices from being looked for among all.
DELETE FROM going_distribution AS g
USING (
    SELECT e.device_id, coalesce(e.request_key, found.request_key) AS request_key
    FROM (
        SELECT DISTINCT c.comms_hub_id, c.device_id
        FROM recorded_comms_hub_incident AS i
        JOIN comms_hub_device AS c USING (comms_hub_id)
        WHERE i.occurred_at >= %(kept_from)s
          AND EXISTS (SELECT FROM going_distribution AS also WHERE also.device_id = c.device_id)
    ) AS beside
    CROSS JOIN LATERAL (
        SELECT *
        FROM recorded_event AS told
        WHERE told.device_id = beside.device_id
        OFFSET 0
    ) AS e
    LEFT JOIN LATERAL ({attributed_request.sql}) AS found ON true
    WHERE e.comms_hub_id = beside.comms_hub_id
) AS named
WHERE g.device_id = named.device_id AND g.request_key = named.request_key
