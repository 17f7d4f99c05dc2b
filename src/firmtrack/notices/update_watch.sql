UPDATE watch
SET told = %(told)s, told_times = told_times + %(is_told)s::boolean::integer,
    corrections = corrections + %(is_correction)s::boolean::integer,
    told_at = CASE WHEN %(is_told)s THEN %(now)s ELSE told_at END,
    news = CASE WHEN %(is_told)s THEN %(news)s ELSE news END,
    notice_id = CASE WHEN %(is_told)s THEN %(notice_id)s ELSE notice_id END,
    ended_at = CASE WHEN %(is_over)s THEN coalesce(ended_at, %(now)s) END,
    looked_at = %(now)s, due_at = %(due_at)s
WHERE watch_id = %(watch_id)s
