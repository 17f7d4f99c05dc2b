-- Claim the party whose causes are due and were looked for longest ago: one that is notified of anything,
-- with an open incident of its own updates. Those of an incident that grows are due each time.
WITH due AS (
    SELECT s.party_id
    FROM (SELECT DISTINCT party_id FROM notice_subscriber) AS s
    LEFT JOIN party_cause_search AS last USING (party_id)
    WHERE coalesce(last.searched_at, '-infinity') <= %(now)s - %(not_again)s
      AND EXISTS (
          SELECT
          FROM party_incident AS i
          WHERE i.party_id = s.party_id AND i.ended_at IS NULL AND i.is_own
            AND (
                coalesce(last.searched_at, '-infinity') <= %(now)s - %(every)s
                OR i.last_at > %(now)s - %(growing)s
            )
      )
    ORDER BY last.searched_at NULLS FIRST, s.party_id
    LIMIT 1
)
INSERT INTO party_cause_search AS last (party_id, searched_at)
SELECT party_id, %(now)s FROM due
ON CONFLICT (party_id) DO UPDATE SET searched_at = excluded.searched_at
    WHERE last.searched_at <= %(now)s - %(not_again)s  -- else another process was quicker
RETURNING party_id
