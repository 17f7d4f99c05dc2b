SELECT NULL::bigint AS device_id, r.request_key, r.message_id
FROM request AS r
WHERE r.message_id IS NOT NULL
  AND r.request_key NOT IN (SELECT d.request_key FROM distribution AS d)
  AND r.request_key NOT IN (SELECT p.request_key FROM pruned_distribution AS p)
