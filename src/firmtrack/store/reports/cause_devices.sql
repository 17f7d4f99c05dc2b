-- The updates of a cause: those in ``standing``, which stand as it says, whose profile is as it says. What
-- else is known of their devices bears on whether to send them again: later_success, that a later update of
-- the device is Successful; is_open, that one is open, or that a later one may be; is_special, that
-- something befell the device, its hub or the request, or that another party's update is open, of which the
-- viewer may know.
{standings}
SELECT s.device_id, s.request_key, s.firmware_version, s.occurred_at, s.addressee,
    d.device_type, d.smets_version, d.csp_region,
    coalesce(other.later_success, false) AS later_success,
    coalesce(other.is_open, false) AS is_open,
    EXISTS (SELECT FROM device_incident AS i WHERE i.device_id = s.device_id)
        OR EXISTS (
            SELECT
            FROM comms_hub_incident AS i
            WHERE i.comms_hub_id IN (
                SELECT d.comms_hub_id
                UNION
                SELECT e.comms_hub_id FROM event AS e WHERE e.device_id = s.device_id
            )
        )
        OR EXISTS (
            SELECT
            FROM request_incident AS i
            WHERE i.originator = s.originator AND i.target = s.target AND i.counter = s.counter
        )
        OR coalesce(other.is_foreign_open, false) AS is_special
FROM standing AS s
JOIN ({profiles}) AS p (
    profiled_device, profiled_request, device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version
) ON p.profiled_device = s.device_id AND p.profiled_request = s.request_key
LEFT JOIN device AS d ON d.device_id = s.device_id
LEFT JOIN LATERAL (
    SELECT
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
    FROM current_distribution AS o
    WHERE o.device_id = s.device_id AND o.request_key <> s.request_key
) AS other ON true
WHERE {traits}
ORDER BY s.device_id, s.request_key
