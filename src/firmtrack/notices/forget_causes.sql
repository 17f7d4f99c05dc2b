-- What was not found again is forgotten, unless an open incident is of it: that goes on, after the others.
WITH forgotten AS (
    DELETE FROM party_cause AS c
    WHERE c.party_id = %(party_id)s AND c.cause_id <> ALL (%(found)s::text[])
      AND NOT EXISTS (
          SELECT
          FROM party_incident AS i
          WHERE i.party_id = c.party_id AND i.cause_id = c.cause_id AND i.ended_at IS NULL
      )
)
UPDATE party_cause AS c
SET found_at = %(now)s, place = cardinality(%(found)s::text[])
WHERE c.party_id = %(party_id)s AND c.cause_id <> ALL (%(found)s::text[])
  AND EXISTS (
      SELECT
      FROM party_incident AS i
      WHERE i.party_id = c.party_id AND i.cause_id = c.cause_id AND i.ended_at IS NULL
  )
