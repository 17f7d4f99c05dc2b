-- What stands for all that the viewer's own distributions of a device show; null if it sees none.
WITH visible AS MATERIALIZED (
    SELECT c.*
    FROM current_distribution AS c
    WHERE c.device_id = %(device_id)s
      AND {sees:c.originator}
)
SELECT md5(concat_ws(
    '|',
    (SELECT string_agg(v::text, ',' ORDER BY v.request_key) FROM visible AS v),
    (
        SELECT string_agg(e.message_id::text, ',' ORDER BY e.message_id)
        FROM event AS e
        WHERE e.device_id = %(device_id)s
          AND (
              e.request_key IS NULL
              OR {is_sent_to_viewer:e.addressee}
              OR e.request_key IN (SELECT request_key FROM visible)
          )
    ),
    (
        SELECT string_agg(s.message_id::text, ',' ORDER BY s.message_id)
        FROM visible
        JOIN request_step AS s USING (request_key)
    ),
    (
        SELECT string_agg(w.message_id::text, ',' ORDER BY w.message_id)
        FROM activation_word AS w
        WHERE w.device_id = %(device_id)s
          AND {sees:w.originator}
    ),
    (
        SELECT string_agg(t.incident::text, ',' ORDER BY t.incident::text)
        FROM told_incidents(%(device_id)s) AS t
    )
))
WHERE EXISTS (SELECT FROM visible)
