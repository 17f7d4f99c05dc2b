-- Fold the batch's greatest event of each distribution into its row. The sort gives all writers
-- one locking order. The statement counts what must not happen beside other writers: a row that was
-- not there yet is an event that names a device which its request does not list; in a row that is
-- refused, whether the request refused the device may change. xmax is 0 in a row that was inserted,
-- and not in one that was updated.
WITH folded AS (
    INSERT INTO distribution AS d
        (device_id, request_key, message_id, occurred_at, stage, failed, reason, addressee)
    SELECT DISTINCT ON (device_id, request_key)
        device_id, request_key, message_id, occurred_at, stage, failed, reason, addressee
    FROM (
        SELECT device_id, request_key, message_id, occurred_at, stage, failed, reason, addressee
        FROM staged_event
        WHERE request_key IS NOT NULL
        UNION ALL
        SELECT e.device_id, found.request_key, e.message_id, e.occurred_at, e.stage, e.failed,
            e.reason, e.addressee
        FROM staged_event AS e
        CROSS JOIN LATERAL ({attributed_request.sql}) AS found
        WHERE e.request_key IS NULL
    ) AS attributed
    ORDER BY device_id, request_key, stage DESC, occurred_at DESC, message_id DESC
    ON CONFLICT (device_id, request_key) DO UPDATE
    SET message_id = excluded.message_id,
        occurred_at = excluded.occurred_at,
        stage = excluded.stage,
        failed = excluded.failed,
        reason = excluded.reason,
        addressee = excluded.addressee
    WHERE (excluded.stage, excluded.occurred_at, excluded.message_id)
        > (d.stage, d.occurred_at, d.message_id)
    RETURNING d.request_key, d.xmax = 0 AS is_new, d.refused
), marked AS (
    INSERT INTO standing_due (request_key) SELECT DISTINCT request_key FROM folded
)
SELECT count(*) FROM folded WHERE is_new OR refused
