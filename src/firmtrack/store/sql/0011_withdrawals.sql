-- Attribution by what is known, words that are another party's, and messages that are taken back.

-- Two spellings of one firmware version are one number: in either case, with or without leading zeros
-- or 0x. The same rule: firmtrack.domain.identifiers.comparable_version.
CREATE FUNCTION comparable_version(version text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN btrim(version) ~ '^(0[xX])?[0-9A-Fa-f]{1,8}$'
            THEN lpad(upper(regexp_replace(btrim(version), '^0[xX]', '')), 8, '0')
        ELSE version
    END;

-- A message that was taken back, and until when: of one message any number, but one at a time open.
-- The message and what it says stay as they were recorded; the views below leave them out.
CREATE TABLE withdrawal (
    withdrawal_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id       uuid NOT NULL,
    withdrawn_at     timestamptz NOT NULL,
    withdrawn_because text NOT NULL,
    restored_at      timestamptz,
    restored_because text
);
CREATE UNIQUE INDEX withdrawal_open ON withdrawal (message_id) WHERE restored_at IS NULL;
CREATE INDEX withdrawal_of_message ON withdrawal (message_id);

-- Which messages were withdrawn at a moment.
CREATE FUNCTION withdrawn_message(moment timestamptz) RETURNS TABLE (message_id uuid)
    LANGUAGE sql STABLE
    AS $$
        SELECT w.message_id
        FROM withdrawal AS w
        WHERE w.withdrawn_at <= moment AND (w.restored_at IS NULL OR w.restored_at > moment)
    $$;

-- A withdrawn message that came again, and from whom.
CREATE TABLE withdrawn_again (
    message_id  uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    submitter   text NOT NULL,
    token       text
);
CREATE INDEX withdrawn_again_of_message ON withdrawn_again (message_id);

-- Who handed a message in: a party or the operator; and the ending of the token, if by one. Null is
-- not known: what was recorded before this was kept.
ALTER TABLE message ADD COLUMN submitter text, ADD COLUMN token text;
CREATE INDEX message_recorded_at ON message USING brin (recorded_at);

-- What each message that is an update request states; the row of request is made from them.
CREATE TABLE recorded_request_statement (
    request_key    bigint NOT NULL,
    message_id     uuid NOT NULL,
    recorded_at    timestamptz NOT NULL,
    sent_at        timestamptz,
    variant        text NOT NULL,
    stated_version text NOT NULL,
    image_hash     bytea,
    image          jsonb NOT NULL,
    PRIMARY KEY (request_key, message_id)
);
INSERT INTO recorded_request_statement
SELECT r.request_key, r.message_id, m.recorded_at, r.sent_at, r.variant, r.stated_version,
    r.image_hash, r.image
FROM request AS r
JOIN message AS m USING (message_id);
CREATE VIEW request_statement AS
    SELECT *
    FROM recorded_request_statement AS s
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = s.message_id AND w.restored_at IS NULL
    );

-- What messages that name a request for single devices tell of it: the earliest time, and a version
-- while the request itself has not come. A row only where it lowered what was known before.
CREATE TABLE recorded_request_naming (
    request_key      bigint NOT NULL,
    message_id       uuid NOT NULL,
    recorded_at      timestamptz NOT NULL,
    named_at         timestamptz NOT NULL,
    claimed_version  text,
    PRIMARY KEY (request_key, message_id, recorded_at)
);
CREATE VIEW request_naming AS
    SELECT *
    FROM recorded_request_naming AS n
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = n.message_id AND w.restored_at IS NULL
    );

-- An answer's step states the variant that it answers; a stage report's none.
ALTER TABLE request_step RENAME TO recorded_request_step;
ALTER TABLE recorded_request_step ADD COLUMN variant text;
UPDATE recorded_request_step AS s
SET variant = r.variant
FROM message AS m, request AS r
WHERE m.message_id = s.message_id AND m.kind = 2 AND r.request_key = s.request_key;
CREATE VIEW request_step AS
    SELECT *
    FROM recorded_request_step AS s
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = s.message_id AND w.restored_at IS NULL
    );

-- addressee is the User that the message was sent to.
ALTER TABLE event RENAME TO recorded_event;
ALTER TABLE recorded_event ADD COLUMN addressee bigint;
UPDATE recorded_event AS e SET addressee = m.user_id FROM message AS m WHERE m.message_id = e.message_id;
CREATE VIEW event AS
    SELECT *
    FROM recorded_event AS e
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = e.message_id AND w.restored_at IS NULL
    );

DROP VIEW told_activation;
ALTER TABLE activation_word RENAME TO recorded_activation_word;
CREATE VIEW activation_word AS
    SELECT *
    FROM recorded_activation_word AS a
    WHERE NOT EXISTS (
        SELECT FROM withdrawal AS w WHERE w.message_id = a.message_id AND w.restored_at IS NULL
    );
CREATE VIEW told_activation AS
    SELECT w.device_id, w.originator, json_build_array(
        w.originator, w.counter, w.message_id, w.occurred_at, w.recorded_at, w.device_time, w.step,
        w.failed, w.reason, w.firmware_version, encode(w.image_hash, 'hex'), w.scheduled_for,
        m.kind, m.code
    ) AS word
    FROM activation_word AS w
    JOIN message AS m USING (message_id);

-- A request's time is the earliest that anything tells: what is about it as a whole (its sending, its
-- answers, its steps), and for display also what names it for one device. The last is kept while it
-- can be the earliest: events from after the request's own time are not looked at.
DROP VIEW current_distribution;
DROP INDEX request_of_time;
ALTER TABLE request DROP COLUMN submitted_at;
ALTER TABLE request
    -- How many different messages claim to be the request.
    ADD COLUMN statement_count integer NOT NULL DEFAULT 0,
    -- The earliest step or incident of the request as a whole.
    ADD COLUMN stepped_at timestamptz,
    ADD COLUMN whole_at timestamptz
        GENERATED ALWAYS AS (least(sent_at, answered_at, stepped_at)) STORED,
    ADD COLUMN submitted_at timestamptz
        GENERATED ALWAYS AS (least(sent_at, answered_at, stepped_at, named_at)) STORED,
    -- The stated version, or else what events claim, and the one in the image's header.
    ADD COLUMN comparable_versions text[] GENERATED ALWAYS AS (
        array_remove(
            ARRAY[
                comparable_version(coalesce(stated_version, claimed_version)),
                comparable_version(image ->> 'header_version')
            ],
            NULL
        )
    ) STORED;
CREATE INDEX request_of_time ON request ((coalesce(submitted_at, recorded_at)));

-- named_at: the earliest event that names the request for this device, kept as in request. declined:
-- the greatest of the words that name the request, for this device, is that DCC refused it; then no
-- word belongs here that does not name it. addressee: of the greatest event.
ALTER TABLE distribution
    ADD COLUMN named_at timestamptz,
    ADD COLUMN declined boolean NOT NULL DEFAULT false,
    ADD COLUMN addressee bigint;
CREATE INDEX distribution_refused ON distribution (request_key) WHERE refused OR declined;

-- The distributions that there were until a withdrawal left nothing that names them.
CREATE TABLE distribution_history (
    device_id   bigint NOT NULL,
    request_key bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    ended_at    timestamptz NOT NULL
);
CREATE INDEX distribution_history_of_device ON distribution_history (device_id);
CREATE INDEX distribution_history_of_request ON distribution_history (request_key);
CREATE VIEW known_distribution AS
    SELECT device_id, request_key, recorded_at, 'infinity'::timestamptz AS ended_at FROM distribution
    UNION ALL
    SELECT device_id, request_key, recorded_at, ended_at FROM distribution_history;

-- To which of its device's requests a loose event belongs, and by what evidence: 3 the image's hash,
-- 2 the firmware version, 1 nothing against it. The same rule: firmtrack.domain.attribution.
DROP FUNCTION attributed_request(bigint, timestamptz, bytea, text);
CREATE FUNCTION attributed_request(
    of_device bigint, happened_at timestamptz, carried_hash bytea, carried_version text,
    sent_to bigint
) RETURNS TABLE (request_key bigint, evidence smallint)
    LANGUAGE sql STABLE
    AS $$
        SELECT candidate.request_key, tie.evidence::smallint
        FROM distribution AS d
        JOIN request AS candidate ON candidate.request_key = d.request_key
        CROSS JOIN LATERAL (
            SELECT least(candidate.whole_at, d.named_at) AS submitted_at,
                coalesce(candidate.originator = sent_to, false) AS is_own
        ) AS it
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN carried_hash IS NOT NULL AND candidate.image_hash IS NOT NULL
                    THEN CASE WHEN carried_hash = candidate.image_hash THEN 3 END
                WHEN carried_version IS NOT NULL AND candidate.comparable_versions <> '{}'
                    THEN CASE
                        WHEN comparable_version(carried_version) = ANY (candidate.comparable_versions)
                            THEN 2
                    END
                WHEN it.is_own THEN 1
            END AS evidence
        ) AS tie
        WHERE d.device_id = of_device
          AND NOT d.declined
          AND tie.evidence IS NOT NULL
          AND (it.submitted_at IS NULL OR it.submitted_at <= happened_at)
        ORDER BY tie.evidence DESC, it.is_own DESC, it.submitted_at DESC NULLS LAST,
            candidate.originator DESC, candidate.target DESC, candidate.counter DESC
        LIMIT 1
    $$;

-- Each request that names a device, as the device's words see it, as a JSON array.
CREATE VIEW told_candidate AS
    SELECT d.device_id, json_build_array(
        r.originator, r.target, r.counter, least(r.whole_at, d.named_at),
        encode(r.image_hash, 'hex'), r.comparable_versions, d.declined
    ) AS candidate
    FROM distribution AS d
    JOIN request AS r USING (request_key);

-- The view of 0009_notices, with the User that the word was sent to; null where nobody.
CREATE VIEW current_distribution AS
    SELECT
        d.device_id,
        d.request_key,
        r.originator,
        r.target,
        r.counter,
        r.variant,
        r.firmware_version,
        r.image_hash,
        coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
        s.stage,
        s.failed,
        s.reason,
        s.occurred_at,
        CASE
            WHEN s.failed THEN 'failed'
            WHEN s.stage = 6 AND r.variant IS DISTINCT FROM '11.4' THEN 'successful'
            WHEN s.stage = 7 AND r.variant IS DISTINCT FROM '11.1' THEN 'successful'
            ELSE 'in_progress'
        END AS completion,
        s.message_id AS word_message_id,
        o.is_own AS is_own_word,
        s.addressee
    FROM distribution AS d
    JOIN request AS r ON r.request_key = d.request_key
    CROSS JOIN LATERAL (
        SELECT
            d.refused OR d.stage >= r.step_stage AS is_own,
            -- The request's own arrival says that it was received, as a step may: the latest counts.
            r.step_stage = 1 AND r.message_id IS NOT NULL AND (
                r.step_message_id IS NULL
                OR (r.submitted_at, r.message_id) > (r.step_occurred_at, r.step_message_id)
            ) AS is_arrival
    ) AS o
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN is_own THEN d.stage ELSE r.step_stage END AS stage,
            CASE WHEN is_own THEN d.failed ELSE r.step_failed END AS failed,
            CASE
                WHEN is_own THEN d.reason
                WHEN NOT is_arrival THEN r.step_reason
            END AS reason,
            CASE
                WHEN is_own THEN d.occurred_at
                WHEN is_arrival THEN coalesce(r.submitted_at, r.recorded_at)
                ELSE coalesce(r.step_occurred_at, r.submitted_at, r.recorded_at)
            END AS occurred_at,
            CASE
                WHEN is_own THEN d.message_id
                WHEN is_arrival THEN r.message_id
                ELSE r.step_message_id
            END AS message_id,
            CASE WHEN is_own THEN d.addressee END AS addressee
    ) AS s;
