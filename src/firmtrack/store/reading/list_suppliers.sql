-- Who was stated to be the device's Responsible Supplier before the latest statement of it; null is a
-- change of supplier that does not say who. Of imports of one time the last counts.
(
    SELECT DISTINCT ON (coalesce(learnt_at, '-infinity'), message_id)
        learnt_at, message_id, responsible_supplier
    FROM inventory_statement
    WHERE device_id = %(device_id)s AND responsible_supplier IS NOT NULL
    ORDER BY coalesce(learnt_at, '-infinity') DESC, message_id DESC, recorded_at DESC
    OFFSET 1
)
UNION ALL
SELECT told_at, message_id, NULL
FROM supplier_change
WHERE device_id = %(device_id)s
