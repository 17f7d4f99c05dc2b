-- Whether something waits to be sent to the party, while nobody sends.
SELECT NOT EXISTS (SELECT FROM dispatcher WHERE seen_at > clock_timestamp() - %(alive)s::interval)
    AND (
        EXISTS (
            SELECT
            FROM notice_endpoint AS e
            WHERE e.disabled_at IS NULL AND e.removed_at IS NULL AND {sees_of_party:e.party_id}
              -- The first by its index: a mere EXISTS may read all that others have waiting.
              AND (
                  SELECT n.sequence
                  FROM notice AS n
                  WHERE n.endpoint_id = e.endpoint_id AND n.state = 'waiting'
                  ORDER BY n.sequence
                  LIMIT 1
              ) IS NOT NULL
        )
        OR EXISTS (
            SELECT
            FROM notice_subscriber AS s
            WHERE {sees_of_party:s.party_id}
              AND (
                  SELECT c.change_id
                  FROM status_change AS c
                  WHERE c.user_id = s.user_id
                  ORDER BY c.change_id
                  LIMIT 1
              ) IS NOT NULL
        )
    )
