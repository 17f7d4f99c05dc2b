-- The activations of the devices of which something may go, or that have old ones, and whether each is kept by itself: by a word
-- that is, or because it is still to come. The same rule: firmtrack.domain.activation.
WITH reported AS (
    SELECT a.*, NOT EXISTS (
            SELECT
            FROM withdrawal AS w
            WHERE w.message_id = a.message_id AND w.restored_at IS NULL
        ) AS counts
    FROM (
        SELECT device_id FROM going_distribution
        UNION
        SELECT device_id
        FROM recorded_activation_event
        WHERE coalesce(occurred_at, recorded_at) < %(kept_from)s
    ) AS affected
    JOIN recorded_activation_event AS a USING (device_id)
), activation AS MATERIALIZED (
    SELECT device_id, originator, counter,
        bool_or(message_kind <> %(command_failure)s) AS is_command,
        bool_or(coalesce(occurred_at, recorded_at) >= %(kept_from)s) AS is_recent,
        (array_agg(image_hash ORDER BY step DESC, occurred_at DESC NULLS LAST, message_id DESC)
            FILTER (WHERE image_hash IS NOT NULL))[1] AS image_hash,
        (array_agg(
            scheduled_for ORDER BY step DESC, occurred_at DESC NULLS LAST, message_id DESC
        ) FILTER (WHERE counts AND scheduled_for IS NOT NULL))[1] AS scheduled_for,
        (array_agg(step ORDER BY step DESC, occurred_at DESC NULLS LAST, message_id DESC)
            FILTER (WHERE counts))[1] AS step,
        (array_agg(failed ORDER BY step DESC, occurred_at DESC NULLS LAST, message_id DESC)
            FILTER (WHERE counts))[1] AS failed
    FROM reported
    GROUP BY device_id, originator, counter
), standing AS (
    SELECT a.*,
        NOT failed AND (step < 3 OR step = 3 AND scheduled_for IS DISTINCT FROM %(cancelling)s)
            AS is_pending,
        NOT failed AND step >= 3 AND coalesce(scheduled_for = %(cancelling)s, false)
            AS is_cancelling
    FROM activation AS a
)
INSERT INTO going_activation (device_id, originator, counter, image_hash, is_command, is_kept)
SELECT device_id, originator, counter, image_hash, is_command,
    is_recent OR is_command AND coalesce(is_pending, false) AND NOT (
        scheduled_for IS NOT NULL AND scheduled_for <> %(cancelling)s
        AND EXISTS (
            SELECT
            FROM standing AS c
            WHERE c.device_id = s.device_id AND c.originator = s.originator
              AND c.is_command AND c.is_cancelling AND c.counter > s.counter
              AND c.image_hash IS NOT DISTINCT FROM s.image_hash
        )
    )
FROM standing AS s
