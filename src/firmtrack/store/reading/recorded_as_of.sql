-- What had been recorded by a moment and was not withdrawn at it. Whether it was withdrawn is asked of each
-- and not joined, by the OFFSET: a search in an index.
SELECT *
FROM {table} AS f
WHERE recorded_at <= %(moment)s
  AND NOT EXISTS (
      SELECT FROM withdrawal_period AS w
      WHERE w.message_id IN ({messages}) AND w.began_at <= %(moment)s AND w.ended_at > %(moment)s
      OFFSET 0
  )
