-- All facts of one device that were recorded by a moment and not withdrawn at it: each row one fact, as
-- JSON. Nothing is attributed, ordered or hidden here. Each branch is bound to the device by the
-- parameter, so that one shard, or a replica, answers all of them. $1: the device, $2: the moment,
-- $3: so many events at most.
--
-- On a shard to plan this takes longer than to execute it: what several branches need is asked for once.
-- Whether a message was withdrawn is asked of each fact by an index. The OFFSET keeps it from being planned
-- as a join, which could read all that was ever withdrawn, of anyone. Events stand in a table a month: all
-- of these are searched, and what was found is asked about above them.
WITH told AS MATERIALIZED (
    SELECT *
    FROM (SELECT * FROM recorded_event WHERE device_id = $1 AND recorded_at <= $2 OFFSET 0) AS f
    WHERE NOT EXISTS (
        SELECT FROM withdrawal_period AS w
        WHERE w.message_id = f.message_id AND w.began_at <= $2 AND w.ended_at > $2
        OFFSET 0
    )
), named AS MATERIALIZED (
    SELECT d.request_key, r.originator, r.target, r.counter, r.recorded_at
    FROM known_distribution AS d
    JOIN request AS r USING (request_key)
    WHERE d.device_id = $1 AND d.recorded_at <= $2 AND d.ended_at > $2
), recorded AS MATERIALIZED (
    SELECT 'statement' AS kind, f.message_id, row_to_json(f)::text AS fact
    FROM (
        SELECT f.request_key, f.message_id, f.sent_at, f.variant, f.stated_version AS
            firmware_version, encode(f.image_hash, 'hex') AS image_hash, f.image
        FROM named
        JOIN recorded_request_statement AS f USING (request_key)
        WHERE f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'step', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.request_key, f.message_id, f.occurred_at, f.recorded_at, f.stage, f.failed,
            f.reason, f.variant, f.message_kind, f.code, f.user_id, f.responder, f.response_counter
        FROM named
        JOIN recorded_request_step AS f USING (request_key)
        WHERE f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'activation', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.originator, f.counter, f.message_id, f.occurred_at, f.recorded_at, f.device_time,
            f.step, f.failed, f.reason, f.firmware_version, encode(f.image_hash, 'hex') AS
            image_hash, f.scheduled_for, f.message_kind, f.code, f.addressee AS user_id,
            f.responder, f.response_counter
        FROM recorded_activation_event AS f
        WHERE f.device_id = $1 AND f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'incident', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.kind, f.occurred_at, f.recorded_at, f.reason, f.throttled_sequence,
            f.throttled_count, f.message_id, f.message_kind, f.code, f.user_id, f.responder,
            f.response_counter, f.device_id, f.originator, f.target, f.counter, f.comms_hub_id,
            f.device_time
        FROM recorded_device_incident AS f
        WHERE f.device_id = $1 AND f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'incident', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.kind, f.occurred_at, f.recorded_at, f.reason, f.throttled_sequence,
            f.throttled_count, f.message_id, f.message_kind, f.code, f.user_id, f.responder,
            f.response_counter, f.originator, f.target, f.counter
        FROM named
        JOIN recorded_request_incident AS f USING (originator, target, counter)
        WHERE f.recorded_at <= $2
          AND f.target <> $1  -- those are below
    ) AS f
    UNION ALL
    SELECT 'incident', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.kind, f.occurred_at, f.recorded_at, f.reason, f.throttled_sequence,
            f.throttled_count, f.message_id, f.message_kind, f.code, f.user_id, f.responder,
            f.response_counter, f.originator, f.target, f.counter
        FROM recorded_request_incident AS f
        WHERE f.target = $1 AND f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'incident', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.kind, f.occurred_at, f.recorded_at, f.reason, f.throttled_sequence,
            f.throttled_count, f.message_id, f.message_kind, f.code, f.user_id, f.responder,
            f.response_counter, f.comms_hub_id, f.new_comms_hub_id
        FROM recorded_comms_hub_incident AS f
        WHERE f.comms_hub_id IN (SELECT e.comms_hub_id FROM told AS e) AND f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'supplier_change', f.message_id, row_to_json(f)::text
    FROM (
        SELECT f.told_at, f.message_id, f.message_kind, f.code, f.user_id, f.responder,
            f.response_counter
        FROM recorded_supplier_change AS f
        WHERE f.device_id = $1 AND f.recorded_at <= $2
    ) AS f
    UNION ALL
    SELECT 'inventory', f.message_id, row_to_json(f)::text
    FROM recorded_inventory_statement AS f
    WHERE f.device_id = $1 AND f.recorded_at <= $2
      AND NOT EXISTS (
          SELECT FROM withdrawal_period AS w
          WHERE w.message_id = f.taken_by AND w.began_at <= $2 AND w.ended_at > $2
          OFFSET 0
      )
)
SELECT 'event' AS kind, row_to_json(f)::text AS fact
FROM (
    SELECT f.request_key, f.message_id, f.occurred_at, f.recorded_at, f.device_time,
        f.comms_hub_id, f.stage, f.failed, f.reason, f.firmware_version, encode(f.image_hash,
        'hex') AS image_hash, f.addressee AS user_id, f.message_kind, f.code,
        f.responder, f.response_counter
    FROM told AS f
    LIMIT $3
) AS f
UNION ALL
SELECT 'request', row_to_json(f)::text
FROM named AS f
UNION ALL
SELECT 'naming', row_to_json(f)::text
FROM (
    -- A request may have thousands, of which no more than this counts.
    SELECT f.request_key, min(f.named_at) AS named_at,
        min(f.claimed_version COLLATE "C") AS firmware_version
    FROM named
    JOIN recorded_request_naming AS f USING (request_key)
    WHERE f.recorded_at <= $2
      AND NOT EXISTS (
          SELECT FROM withdrawal_period AS w
          WHERE w.message_id = f.message_id AND w.began_at <= $2 AND w.ended_at > $2
          OFFSET 0
      )
    GROUP BY f.request_key
) AS f
UNION ALL
SELECT f.kind, f.fact
FROM recorded AS f
WHERE NOT EXISTS (
    SELECT FROM withdrawal_period AS w
    WHERE w.message_id = f.message_id AND w.began_at <= $2 AND w.ended_at > $2
    OFFSET 0
)
