-- DCC's Response IDs of its answers to a request that count at a moment, as far as the viewer may see
-- those: the latest first.
SELECT s.responder, s.user_id, s.response_counter
FROM request AS r
JOIN recorded_request_step AS s USING (request_key)
WHERE r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
  AND {sees:r.originator} AND {sees:s.user_id}
  AND s.response_counter IS NOT NULL
  AND s.recorded_at <= coalesce(%(moment)s::timestamptz, 'infinity')
  AND NOT EXISTS (
      SELECT FROM withdrawal_period AS w
      WHERE w.message_id = s.message_id AND w.began_at <= coalesce(%(moment)s::timestamptz, now())
        AND w.ended_at > coalesce(%(moment)s::timestamptz, now())
      OFFSET 0
  )
ORDER BY s.occurred_at DESC, s.message_id
LIMIT %(limit)s
