-- Who was said to be the device's Responsible Supplier before the latest word; null is a change of
-- supplier that does not say who.
SELECT learnt_at, message_id, responsible_supplier
FROM supplier_word
WHERE device_id = %(device_id)s
