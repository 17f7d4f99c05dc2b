-- The updates of a cause: those that stand as it says, whose profile is as it says. What else is known of
-- their devices bears on whether to send them again: later_success, that a later update of the device is
-- Successful; is_open, that one is open, or that a later one may be; is_special, that something befell the
-- device, its hub or the request, or that another party's update is open, of which the viewer may know.
{begun}{profiles}, caused AS MATERIALIZED (
    SELECT * FROM update_profile AS p WHERE {traits}
), other AS MATERIALIZED (
    SELECT s.device_id, s.request_key,
        bool_or(
            {sees:o.originator} AND o.completion = 'successful' AND o.submitted_at > s.submitted_at
        ) AS later_success,
        bool_or(
            {sees:o.originator} AND o.completion NOT IN ('failed', 'successful')
            AND (o.stage > 1 OR o.submitted_at > s.submitted_at)
        ) AS is_open,
        bool_or(
            %(sees_others)s AND NOT {sees:o.originator}
            AND o.completion NOT IN ('failed', 'successful')
        ) AS is_foreign_open
    FROM caused AS s
    JOIN current_distribution AS o ON o.device_id = s.device_id
    WHERE o.request_key <> s.request_key
    GROUP BY s.device_id, s.request_key
), known AS MATERIALIZED (
    SELECT device_id, smets_version, comms_hub_id
    FROM device
    WHERE device_id = ANY (ARRAY(SELECT device_id FROM caused))
), befallen AS MATERIALIZED (
    SELECT device_id
    FROM device_incident
    WHERE device_id = ANY (ARRAY(SELECT device_id FROM caused))
    UNION
    SELECT beside.device_id
    FROM (
        SELECT device_id, comms_hub_id FROM known
        UNION
        SELECT device_id, comms_hub_id
        FROM event
        WHERE device_id = ANY (ARRAY(SELECT device_id FROM caused)) AND comms_hub_id IS NOT NULL
    ) AS beside
    JOIN comms_hub_incident AS i ON i.comms_hub_id = beside.comms_hub_id
)
SELECT s.device_id, s.request_key, s.firmware_version, s.occurred_at, s.addressee,
    nullif(s.device_type, '') AS device_type, d.smets_version, nullif(s.csp_region, '') AS csp_region,
    coalesce(other.later_success, false) AS later_success,
    coalesce(other.is_open, false) AS is_open,
    s.device_id IN (SELECT device_id FROM befallen)
        OR (s.originator, s.target, s.counter) IN (
            SELECT i.originator, i.target, i.counter FROM request_incident AS i
        )
        OR coalesce(other.is_foreign_open, false) AS is_special
FROM caused AS s
LEFT JOIN known AS d USING (device_id)
LEFT JOIN other USING (device_id, request_key)
ORDER BY s.device_id, s.request_key
