-- Keep how some requests stand, and which of their updates are in trouble since when: what is so now and
-- was not when the request was last counted is found now. Of what was recorded before anyone counted so,
-- it is when that was recorded.
WITH taken AS (
    DELETE FROM standing_due WHERE request_key = ANY (%(request_keys)s::bigint[]) RETURNING request_key, is_old
), asked AS MATERIALIZED (
    SELECT r.request_key, r.originator,
        kept.request_key IS NULL AND coalesce(bool_or(t.is_old), false) AS is_old
    FROM request AS r
    LEFT JOIN request_standing AS kept USING (request_key)
    LEFT JOIN taken AS t USING (request_key)
    WHERE r.request_key = ANY (%(request_keys)s::bigint[])
    GROUP BY r.request_key, r.originator, kept.request_key
), trouble AS MATERIALIZED (
    SELECT c.request_key, c.device_id, c.stage, true AS failed, c.reason, c.word_message_id
    FROM current_distribution AS c
    WHERE c.request_key = ANY (%(request_keys)s::bigint[]) AND c.completion = 'failed'
    UNION ALL
    SELECT c.request_key, c.device_id, c.stage, false, NULL, NULL
    FROM (SELECT * FROM stalled_update WHERE request_key = ANY (%(request_keys)s::bigint[])) AS u
    JOIN current_distribution AS c USING (request_key, device_id)
    WHERE c.stage = u.stage
      AND c.completion NOT IN ('failed', 'successful')
), old_word AS MATERIALIZED (
    SELECT message_id, recorded_at
    FROM message
    WHERE message_id = ANY (ARRAY(
        SELECT n.word_message_id FROM trouble AS n JOIN asked AS a USING (request_key) WHERE a.is_old
    ))
), fresh AS MATERIALIZED (
    SELECT n.*,
        CASE
            WHEN a.is_old AND n.failed THEN least(%(moment)s, coalesce(m.recorded_at, %(moment)s))
            WHEN a.is_old THEN coalesce(s.found_at, %(moment)s)
            ELSE %(moment)s
        END AS found_at
    FROM trouble AS n
    JOIN asked AS a USING (request_key)
    LEFT JOIN trouble_update AS known USING (request_key, device_id)
    LEFT JOIN old_word AS m ON m.message_id = n.word_message_id
    LEFT JOIN stalled_distribution AS s
        ON a.is_old AND NOT n.failed AND s.device_id = n.device_id AND s.request_key = n.request_key
        AND s.stage = n.stage
    WHERE known.request_key IS NULL
       OR (known.stage, known.failed, known.reason) IS DISTINCT FROM (n.stage, n.failed, n.reason)
), ended AS (
    DELETE FROM trouble_update AS t
    WHERE t.request_key = ANY (%(request_keys)s::bigint[])
      AND (t.request_key, t.device_id) NOT IN (SELECT request_key, device_id FROM trouble)
), begun AS (
    INSERT INTO trouble_update AS t (request_key, device_id, stage, failed, reason, found_at)
    SELECT request_key, device_id, stage, failed, reason, found_at FROM fresh
    ON CONFLICT (request_key, device_id) DO UPDATE
    SET stage = excluded.stage, failed = excluded.failed, reason = excluded.reason,
        found_at = excluded.found_at
), counts AS MATERIALIZED (
    {standing_counts.sql}
)
INSERT INTO request_standing AS s (request_key, originator, counted_at, successful, in_progress, failed,
    stalled, failure_stages, failure_reasons, failure_counts, ended_at, trouble_at)
SELECT a.request_key, a.originator, %(moment)s, coalesce(n.successful, 0), coalesce(n.in_progress, 0),
    coalesce(n.failed, 0), coalesce(n.stalled, 0), coalesce(n.failure_stages, '{}'),
    coalesce(n.failure_reasons, '{}'), coalesce(n.failure_counts, '{}'),
    CASE
        WHEN n.in_progress > 0 OR n.request_key IS NULL THEN NULL
        WHEN a.is_old THEN least(%(moment)s, n.last_at)
        ELSE %(moment)s
    END,
    news.trouble_at
FROM asked AS a
LEFT JOIN counts AS n USING (request_key)
LEFT JOIN (
    SELECT request_key, max(found_at) AS trouble_at FROM fresh GROUP BY request_key
) AS news USING (request_key)
ON CONFLICT (request_key) DO UPDATE
SET counted_at = excluded.counted_at, successful = excluded.successful,
    in_progress = excluded.in_progress, failed = excluded.failed, stalled = excluded.stalled,
    failure_stages = excluded.failure_stages, failure_reasons = excluded.failure_reasons,
    failure_counts = excluded.failure_counts,
    ended_at = CASE WHEN excluded.ended_at IS NOT NULL THEN coalesce(s.ended_at, excluded.ended_at) END,
    trouble_at = greatest(s.trouble_at, excluded.trouble_at)
