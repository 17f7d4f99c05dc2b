-- Which of some messages are known by what they told of the inventory.
SELECT message_id
FROM recorded_inventory_statement
WHERE device_id = ANY (%(devices)s::bigint[]) AND message_id = ANY (%(message_ids)s::uuid[])
UNION
SELECT message_id
FROM recorded_supplier_change
WHERE device_id = ANY (%(devices)s::bigint[]) AND message_id = ANY (%(message_ids)s::uuid[])
UNION
SELECT v.message_id
FROM unnest(%(originators)s::bigint[], %(targets)s::bigint[], %(counters)s::bigint[])
    AS answered (originator, target, counter)
JOIN verdict AS v USING (originator, target, counter)
WHERE v.message_id = ANY (%(message_ids)s::uuid[])
