-- How far kept bodies have been read again by the readers' newest edition, and what is kept beside
-- the facts folded anew. after_message, after_request and after_device are the last that is done.
CREATE TABLE rereading (
    edition       smallint PRIMARY KEY,
    phase         text NOT NULL DEFAULT 'messages'
        CHECK (phase IN ('messages', 'requests', 'distributions', 'done')),
    after_message uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    after_request bigint NOT NULL DEFAULT 0,
    after_device  bigint,
    messages      bigint NOT NULL DEFAULT 0,
    corrected     bigint NOT NULL DEFAULT 0,
    unreadable    bigint NOT NULL DEFAULT 0,
    began_at      timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz
);

-- What is recorded from now on is read by this edition.
INSERT INTO rereading (edition, phase, ended_at)
SELECT 2, 'done', now()
WHERE NOT EXISTS (SELECT FROM message);

-- The function of 0004_performance. A week that would begin before the year 1 has no form that all
-- understand: such a request counts in the first week that has one.
CREATE OR REPLACE FUNCTION performance_request(
    sees_all boolean, user_ids bigint[], supplier bigint, first_at timestamptz, end_at timestamptz
) RETURNS TABLE (
    request_key bigint, originator bigint, variant text, firmware_version text, week date
)
    LANGUAGE sql STABLE
    AS $$
        SELECT r.request_key, r.originator, r.variant, coalesce(r.firmware_version, ''),
            greatest(
                date_trunc('week', s.submitted_at AT TIME ZONE 'Europe/London')::date,
                date '0001-01-01'
            )
        FROM request AS r
        CROSS JOIN LATERAL (SELECT coalesce(r.submitted_at, r.recorded_at)) AS s (submitted_at)
        WHERE (sees_all OR r.originator = ANY (user_ids))
          AND (supplier IS NULL OR r.originator = supplier)
          AND (first_at IS NULL OR s.submitted_at >= first_at)
          AND (end_at IS NULL OR s.submitted_at < end_at)
    $$;
