-- How many of the updates of each open incident have each of the causes found, where the incident is of
-- none of these. Of a large one a sample, which does not depend on how its devices' IDs are given.
WITH sampled AS (
    SELECT i.incident_id AS part, i.is_own, i.status, i.reason, d.device_id, d.request_key,
        row_number() OVER (
            PARTITION BY i.incident_id ORDER BY hashint8(d.device_id), d.device_id, d.request_key
        ) AS ordinal
    FROM party_incident AS i
    JOIN party_incident_device AS d USING (incident_id)
    WHERE i.party_id = %(party_id)s AND i.ended_at IS NULL AND i.is_own
      AND (i.cause_id IS NULL OR i.cause_id <> ALL (%(found)s::text[]))
), updates AS MATERIALIZED (
    SELECT * FROM sampled WHERE ordinal <= %(sample)s
), {updates_with_causes}
SELECT part, each.cause_id, count(*), min(size.of_count)
FROM with_cause AS each
JOIN (SELECT part, count(*) AS of_count FROM updates GROUP BY part) AS size USING (part)
WHERE each.cause_id = ANY (%(found)s::text[])
GROUP BY part, each.cause_id
