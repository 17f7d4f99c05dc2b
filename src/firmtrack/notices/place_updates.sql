-- To which incident each of the updates belongs, or to which cause: the open incident of the same topic
-- and reason that has it already, or else the greatest cause that it has. One row for each of these and
-- change, with the devices in the order in which they came.
WITH updates AS MATERIALIZED (
    SELECT n.ordinal, n.ordinal AS part, n.place, n.device_id, c.request_key, c.is_own, c.topic, c.status, c.reason
    FROM unnest(%(device_places)s::integer[], %(device_ids)s::bigint[])
        WITH ORDINALITY AS n (place, device_id, ordinal)
    JOIN unnest(%(places)s::integer[], %(request_keys)s::bigint[], %(are_own)s::boolean[],
            %(topics)s::text[], %(statuses)s::text[], %(reasons)s::text[])
        AS c (place, request_key, is_own, topic, status, reason) USING (place)
), held AS (
    SELECT DISTINCT ON (u.ordinal) u.ordinal, i.incident_id
    FROM updates AS u
    JOIN party_incident AS i
        ON i.party_id = %(party_id)s AND i.ended_at IS NULL
        AND i.is_own = u.is_own AND i.topic = u.topic AND i.reason IS NOT DISTINCT FROM u.reason
    JOIN party_incident_device AS d
        ON d.incident_id = i.incident_id
        AND d.device_id = u.device_id AND d.request_key = u.request_key
    ORDER BY u.ordinal, i.opened_at, i.incident_id
), {updates_with_causes}, caused AS (
    SELECT DISTINCT ON (part) part AS ordinal, cause_id
    FROM with_cause
    ORDER BY part, cause_place
)
SELECT u.place, h.incident_id, CASE WHEN h.incident_id IS NULL THEN c.cause_id END AS cause_id,
    array_agg(u.device_id ORDER BY u.ordinal) AS device_ids
FROM updates AS u
LEFT JOIN held AS h USING (ordinal)
LEFT JOIN caused AS c USING (ordinal)
GROUP BY 1, 2, 3
ORDER BY u.place, min(u.ordinal)
