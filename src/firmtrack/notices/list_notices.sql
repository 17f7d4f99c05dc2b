SELECT n.notice_id, n.sequence, n.endpoint_id, p.name AS party, e.channel, e.address, n.topic,
    n.reason, n.service_request_id, n.device_ids[1:%(devices)s] AS device_ids, n.device_count,
    n.created_at, n.state, n.settled_at, n.incident_id,
    coalesce((
        SELECT json_agg(
            json_build_object(
                'started_at', started_at, 'milliseconds', milliseconds,
                'status_code', status_code, 'problem', problem
            )
            ORDER BY started_at
        )
        FROM notice_try AS t
        WHERE t.notice_id = n.notice_id
    ), '[]') AS tries,
    i.incident_id AS whole_id, i.status, i.cause_id, i.device_count AS update_count, i.first_at, i.last_at,
    i.ended_at,
    EXISTS (
        SELECT
        FROM notice AS o
        WHERE o.incident_id = n.incident_id AND o.endpoint_id = n.endpoint_id
          AND o.sequence < n.sequence
    ) AS has_older
FROM notice_endpoint AS e
JOIN accounts_party AS p ON p.id = e.party_id
-- Of each endpoint its newest: its index is read in its order, and no other endpoint's notices.
CROSS JOIN LATERAL (
    SELECT *
    FROM notice
    WHERE endpoint_id = e.endpoint_id
      AND (%(state)s::text IS NULL OR state = %(state)s)
      AND (%(before)s::bigint IS NULL OR sequence < %(before)s)
      AND (%(incident_id)s::uuid IS NULL OR incident_id = %(incident_id)s)
      AND (NOT %(is_folded)s OR is_newest)
    ORDER BY sequence DESC
    LIMIT %(limit)s
) AS n
LEFT JOIN party_incident AS own ON own.incident_id = n.incident_id
LEFT JOIN party_incident AS i ON i.incident_id = coalesce(own.merged_into, own.incident_id)
WHERE {sees_of_party:e.party_id}
ORDER BY n.sequence DESC
LIMIT %(limit)s
