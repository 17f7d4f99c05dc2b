WITH taken AS (
    DELETE FROM watch_change WHERE watch_id = %(watch_id)s RETURNING stalled
)
SELECT coalesce(sum(stalled), 0)::integer FROM taken
