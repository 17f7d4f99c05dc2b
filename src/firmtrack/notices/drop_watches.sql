-- What people who may no longer sign in, or are of another party by now, watched; what has been over for long; and
-- what was recorded of watches that are gone. What still waits to be sent to those people is given up.
WITH leaver AS (
    SELECT w.watch_id
    FROM watch AS w
    JOIN accounts_user AS u ON u.id = w.person_id
    WHERE NOT u.is_active OR u.party_id <> w.party_id
), dropped AS (
    DELETE FROM watch
    WHERE watch_id IN (SELECT watch_id FROM leaver) OR ended_at < %(now)s - %(kept)s::interval
), orphaned AS (
    DELETE FROM watch_change AS c
    WHERE NOT EXISTS (SELECT FROM watch AS w WHERE w.watch_id = c.watch_id)
)
UPDATE notice AS n
SET state = 'dead', settled_at = now()
FROM notice_endpoint AS e
JOIN accounts_user AS u ON u.id = e.person_id
WHERE e.endpoint_id = n.endpoint_id AND n.state = 'waiting'
  AND (NOT u.is_active OR u.party_id <> e.person_party_id)
