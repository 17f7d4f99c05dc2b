-- What may belong to more than one distribution of a device, or keeps one: of old events that name no
-- request all that each may be of, of activations all whose image it may be, of incidents all that it may
-- concern, whoever looks; of a success all that it has overtaken. The same rule: firmtrack.domain.retention.
WITH affected AS MATERIALIZED (
    SELECT DISTINCT device_id FROM going_distribution
), held AS MATERIALIZED (
    SELECT d.device_id, d.request_key, d.named_at, d.declined
    FROM affected
    JOIN distribution AS d USING (device_id)
), of_several AS MATERIALIZED (
    -- Those of devices that have more than one.
    SELECT held.*
    FROM held
    JOIN (SELECT device_id FROM held GROUP BY device_id HAVING count(*) > 1) AS several
        USING (device_id)
), loose AS (
    SELECT *, count(*) OVER (PARTITION BY device_id, message_id) AS fitting
    FROM (
        SELECT e.device_id, e.message_id, d.request_key,
            row_number() OVER (
                PARTITION BY e.device_id, e.message_id
                ORDER BY
                    CASE
                        WHEN e.image_hash IS NOT NULL AND r.image_hash IS NOT NULL THEN 3
                        WHEN e.firmware_version IS NOT NULL AND r.comparable_versions <> '{}' THEN 2
                        ELSE 1
                    END DESC,
                    coalesce(r.originator = e.addressee, false) DESC,
                    least(r.whole_at, d.named_at) DESC NULLS LAST,
                    r.originator DESC, r.target DESC, r.counter DESC
            ) = 1 AS is_owner
        FROM of_several AS d
        JOIN recorded_event AS e USING (device_id)
        JOIN request AS r ON r.request_key = d.request_key
        WHERE e.request_key IS NULL AND e.occurred_at < %(kept_from)s
          AND NOT d.declined
          AND coalesce(least(r.whole_at, d.named_at) <= e.occurred_at, true)
          AND may_be_of(
              e.image_hash, e.firmware_version, r.originator = e.addressee, r.image_hash,
              r.comparable_versions
          )
    ) AS fits
), brought AS (
    SELECT a.device_id, a.originator, a.counter, d.request_key, a.is_kept, a.is_command,
        count(*) OVER (PARTITION BY a.device_id, a.originator, a.counter) AS fitting
    FROM going_activation AS a
    JOIN distribution AS d USING (device_id)
    JOIN request AS r ON r.request_key = d.request_key
    WHERE a.image_hash IS NULL OR r.image_hash IS NULL OR a.image_hash = r.image_hash
), incident AS MATERIALIZED (
    SELECT i.device_id, i.message_id, i.kind, i.occurred_at, i.originator, i.target, i.counter
    FROM affected
    JOIN recorded_device_incident AS i USING (device_id)
    UNION ALL
    SELECT i.target, i.message_id, i.kind, i.occurred_at, i.originator, i.target, i.counter
    FROM affected
    JOIN recorded_request_incident AS i ON i.target = affected.device_id
), under_way AS (
    SELECT i.device_id, i.message_id, i.kind, i.occurred_at, d.request_key,
        c.completion = 'in_progress' OR row_number() OVER (
            PARTITION BY i.device_id, i.message_id, i.kind, c.originator
            ORDER BY c.submitted_at DESC, c.originator DESC, c.target DESC, c.counter DESC
        ) = 1 AS is_concerned
    FROM incident AS i
    JOIN distribution AS d USING (device_id)
    JOIN request AS r ON r.request_key = d.request_key
    JOIN current_distribution AS c
        ON c.device_id = d.device_id AND c.request_key = d.request_key
    WHERE i.counter IS NULL
      AND NOT (c.stage = 2 AND c.failed)
      AND coalesce(least(r.whole_at, d.named_at) <= i.occurred_at, true)
), concerned AS (
    SELECT device_id, message_id, kind, occurred_at, request_key
    FROM under_way
    WHERE is_concerned
    UNION
    SELECT i.device_id, i.message_id, i.kind, i.occurred_at, d.request_key
    FROM incident AS i
    JOIN request AS r USING (originator, target, counter)
    JOIN distribution AS d ON d.device_id = i.device_id AND d.request_key = r.request_key
    UNION
    SELECT i.device_id, i.message_id, i.kind, i.occurred_at, b.request_key
    FROM incident AS i
    JOIN brought AS b
        ON b.device_id = i.device_id AND b.originator = i.originator AND b.counter = i.counter
    WHERE i.target = i.device_id AND b.is_command
), overtaken AS (
    -- By the newest success of each originator, as long as anything stays that was requested before.
    SELECT s.device_id, s.request_key AS success, d.request_key
    FROM going_distribution AS s
    JOIN request AS r ON r.request_key = s.request_key
    JOIN of_several AS d ON d.device_id = s.device_id
    JOIN request AS e ON e.request_key = d.request_key
    WHERE s.completion = 'successful'
      AND coalesce(e.submitted_at, e.recorded_at) < coalesce(r.submitted_at, r.recorded_at)
      AND NOT EXISTS (
          SELECT
          FROM current_distribution AS c
          WHERE c.device_id = s.device_id AND c.originator = r.originator
            AND c.completion = 'successful'
            AND (c.submitted_at, c.target, c.counter)
                > (coalesce(r.submitted_at, r.recorded_at), r.target, r.counter)
      )
)
INSERT INTO going_tie (device_id, tie, request_key, is_owner, is_kept)
SELECT device_id, 'event ' || message_id, request_key, is_owner, false
FROM loose
WHERE fitting > 1
UNION ALL
SELECT device_id, format('activation %%s %%s', originator, counter), request_key, true, is_kept
FROM brought
WHERE is_command AND (is_kept OR fitting > 1)
UNION ALL
SELECT device_id, format('incident %%s %%s', message_id, kind), request_key, true,
    occurred_at >= %(kept_from)s
FROM concerned
UNION ALL
SELECT device_id, 'success ' || success, success, false, false
FROM overtaken
UNION ALL
SELECT device_id, 'success ' || success, request_key, true, false
FROM overtaken
