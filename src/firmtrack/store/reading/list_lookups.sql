-- Executed unprepared, so that it is planned for the very party: by the index of a party's look-ups,
-- or, of all parties, by the key.
SELECT lookup_id, looked_up_at, party, viewer, kind, term, '', row_count, as_of
FROM lookup_audit
WHERE {is_of_viewers_party:party}
  AND (%(wanted_party)s::text IS NULL OR party = %(wanted_party)s)
  AND lookup_id < %(before)s
ORDER BY lookup_id DESC
LIMIT %(limit)s
