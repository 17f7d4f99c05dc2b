-- Whether something waits to be sent to the party, while nobody sends.
SELECT NOT EXISTS (SELECT FROM dispatcher WHERE seen_at > clock_timestamp() - %(alive)s::interval)
    AND (
        EXISTS (
            SELECT
            FROM notice_endpoint AS e
            JOIN notice AS n USING (endpoint_id)
            WHERE n.state = 'waiting' AND e.disabled_at IS NULL AND e.removed_at IS NULL
              AND {sees_of_party:e.party_id}
        )
        OR EXISTS (
            SELECT
            FROM notice_subscriber AS s
            WHERE {sees_of_party:s.party_id}
              AND EXISTS (SELECT FROM status_change AS c WHERE c.user_id = s.user_id)
        )
    )
