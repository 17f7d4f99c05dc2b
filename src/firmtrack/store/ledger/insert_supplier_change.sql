INSERT INTO recorded_supplier_change
    (device_id, message_id, recorded_at, told_at, user_id, message_kind, code, responder,
    response_counter)
SELECT %(device_id)s, message_id, recorded_at, %(told_at)s, %(user_id)s, %(message_kind)s, %(code)s,
    %(responder)s, %(response_counter)s
FROM message
WHERE message_id = %(message_id)s
ON CONFLICT (device_id, message_id) DO UPDATE
SET told_at = excluded.told_at, user_id = excluded.user_id, message_kind = excluded.message_kind,
    code = excluded.code, responder = excluded.responder,
    response_counter = excluded.response_counter
