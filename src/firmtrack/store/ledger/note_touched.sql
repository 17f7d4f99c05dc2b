-- Of which devices, about which requests, and by which messages something is recorded while facts are
-- pruned. A message is named if it is older than what is kept whole, or may be.
WITH pruning AS (
    SELECT max(kept_from) AS kept_from FROM preparing_prune
)
INSERT INTO touched_fact (device_id, request_key, message_id)
SELECT told.device_id, NULL::bigint,
    CASE WHEN coalesce(told.occurred_at < pruning.kept_from, true) THEN told.message_id END
FROM unnest(%(devices)s::bigint[], %(of_devices)s::uuid[], %(times)s::timestamptz[])
    AS told (device_id, message_id, occurred_at), pruning
UNION ALL
SELECT NULL::bigint, NULL::bigint, told.message_id
FROM unnest(%(message_ids)s::uuid[], %(message_times)s::timestamptz[])
    AS told (message_id, occurred_at), pruning
WHERE coalesce(told.occurred_at < pruning.kept_from, true)
UNION ALL
SELECT NULL::bigint, r.request_key, NULL::uuid
FROM unnest(%(originators)s::bigint[], %(targets)s::bigint[], %(counters)s::bigint[])
    AS named (originator, target, counter)
JOIN request AS r USING (originator, target, counter)
UNION ALL
SELECT beside.device_id, NULL::bigint, NULL::uuid
FROM comms_hub_device AS beside
WHERE beside.comms_hub_id = ANY (%(hubs)s::bigint[])
