-- Queue a change about one device for the User whose message or request it is, and for the device's
-- Responsible Supplier if that is another party.
INSERT INTO status_change
    (user_id, is_own, topic, reason, originator, counter, message_id, occurred_at, recorded_at,
    device_ids, details)
SELECT s.user_id, s.user_id = %(originator)s, %(topic)s, %(reason)s, %(originator)s, %(counter)s,
    %(message_id)s, %(occurred_at)s, now(), ARRAY[%(device_id)s::bigint], %(details)s
FROM notice_subscriber AS s
LEFT JOIN notice_subscriber AS o ON o.user_id = %(originator)s
WHERE s.user_id = %(originator)s
   OR s.user_id = (SELECT responsible_supplier FROM device WHERE device_id = %(device_id)s)
      AND o.party_id IS DISTINCT FROM s.party_id
