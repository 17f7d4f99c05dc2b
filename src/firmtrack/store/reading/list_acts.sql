-- As list_lookups. Which operator it was is nobody's business outside.
SELECT act_id, acted_at, party,
    CASE WHEN {sees_every:actor} THEN actor
        ELSE regexp_replace(actor, '^operator \(.*\)$', 'operator') END,
    kind, subject, detail, NULL::bigint, NULL::timestamptz
FROM act
WHERE {is_of_viewers_party:party}
  AND (%(wanted_party)s::text IS NULL OR party = %(wanted_party)s)
  AND act_id < %(before)s
ORDER BY act_id DESC
LIMIT %(limit)s
