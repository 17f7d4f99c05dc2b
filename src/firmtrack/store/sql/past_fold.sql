-- The greatest event of each distribution, as the ledger would have folded them.
UPDATE distribution AS d
SET message_id = g.message_id,
    occurred_at = g.occurred_at,
    stage = g.stage,
    failed = g.failed,
    reason = g.reason
FROM (
    SELECT DISTINCT ON (e.device_id, coalesce(e.request_key, found.request_key))
        e.device_id, coalesce(e.request_key, found.request_key) AS request_key, e.message_id,
        e.occurred_at, e.stage, e.failed, e.reason
    FROM event AS e
    LEFT JOIN LATERAL attributed_request(
        CASE WHEN e.request_key IS NULL THEN e.device_id END,
        e.occurred_at, e.image_hash, e.firmware_version
    ) AS found ON true
    ORDER BY e.device_id, coalesce(e.request_key, found.request_key), e.stage DESC,
        e.occurred_at DESC, e.message_id DESC
) AS g
WHERE d.device_id = g.device_id AND d.request_key = g.request_key
