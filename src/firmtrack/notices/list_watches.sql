SELECT w.watch_id, w.device_id, w.cause_id, r.originator, r.target, r.counter, e.channel,
    coalesce(u.email, e.address) AS address, e.person_id IS NOT NULL AS is_personal, e.endpoint_id,
    e.disabled_at IS NOT NULL OR e.removed_at IS NOT NULL AS is_off, w.created_at, w.told_times, w.told_at, w.news,
    n.state, w.ended_at
FROM watch AS w
JOIN notice_endpoint AS e USING (endpoint_id)
LEFT JOIN accounts_user AS u ON u.id = e.person_id
LEFT JOIN request AS r ON r.request_key = w.request_key
LEFT JOIN notice AS n ON n.notice_id = w.notice_id
WHERE w.person_id = %(person_id)s AND w.party_id = %(party_id)s
ORDER BY w.ended_at IS NOT NULL, w.watch_id DESC
