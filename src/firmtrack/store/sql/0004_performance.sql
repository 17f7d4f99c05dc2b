-- Delivery performance: figures rolled up by request, and which of them wait to be counted anew.

-- What figures tell devices apart by; '' is what the inventory has not told.
CREATE TABLE device_segment (
    segment_key  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    csp_region   text NOT NULL,
    device_type  text NOT NULL,
    manufacturer text NOT NULL,
    model        text NOT NULL,
    UNIQUE (csp_region, device_type, manufacturer, model)
);

-- How many of a request's distributions have which current status.
CREATE TABLE performance_count (
    request_key bigint NOT NULL,
    segment_key integer NOT NULL,
    stage       smallint NOT NULL,
    failed      boolean NOT NULL,
    completion  text NOT NULL,
    reason      text,
    count       integer NOT NULL
);
CREATE INDEX performance_count_of_request ON performance_count (request_key);

-- How long a request's distributions took from its submission to the first good word of a stage: 4,
-- 5, or 6, which stands for the one that completes them, 7 for an 11.4. A histogram: so many in each
-- step of firmtrack.domain.durations. Segment 0 stands for all of them together.
CREATE TABLE performance_duration (
    request_key bigint NOT NULL,
    segment_key integer NOT NULL,
    stage       smallint NOT NULL,
    steps       smallint[] NOT NULL,
    counts      integer[] NOT NULL,
    PRIMARY KEY (request_key, segment_key, stage)
);

-- How long they stayed at a stage: from its first good word to that of the next that they reached.
CREATE TABLE performance_dwell (LIKE performance_duration, PRIMARY KEY (request_key, segment_key, stage));

-- What is usual, of all parties' distributions together. facts narrow the group: none; device type;
-- and region; and manufacturer and model. The percentiles are steps.
CREATE TABLE usual_dwell (
    variant  text NOT NULL,
    stage    smallint NOT NULL,
    facts    text[] NOT NULL,
    p50_step smallint NOT NULL,
    p95_step smallint NOT NULL,
    samples  bigint NOT NULL,
    PRIMARY KEY (variant, stage, facts)
);
CREATE TABLE usual_dwell_age (counted_at timestamptz NOT NULL);
INSERT INTO usual_dwell_age VALUES ('-infinity');

-- Requests, and devices all of whose requests, are to be counted anew. Rows are only ever added, so
-- that writers do not wait for each other, and taken away by whoever counts.
CREATE TABLE stale_request (request_key bigint NOT NULL);
CREATE TABLE stale_device (device_id bigint NOT NULL);
INSERT INTO stale_request SELECT request_key FROM request;

-- The requests whose figures are asked for: of which originators, submitted in which period, and the
-- Monday of the week, in Great Britain, of their submission.
CREATE FUNCTION performance_request(
    sees_all boolean, user_ids bigint[], supplier bigint, first_at timestamptz, end_at timestamptz
) RETURNS TABLE (
    request_key bigint, originator bigint, variant text, firmware_version text, week date
)
    LANGUAGE sql STABLE
    AS $$
        SELECT r.request_key, r.originator, r.variant, coalesce(r.firmware_version, ''),
            date_trunc('week', s.submitted_at AT TIME ZONE 'Europe/London')::date
        FROM request AS r
        CROSS JOIN LATERAL (SELECT coalesce(r.submitted_at, r.recorded_at)) AS s (submitted_at)
        WHERE (sees_all OR r.originator = ANY (user_ids))
          AND (supplier IS NULL OR r.originator = supplier)
          AND (first_at IS NULL OR s.submitted_at >= first_at)
          AND (end_at IS NULL OR s.submitted_at < end_at)
    $$;

-- A device that has changed its segment. Only here are the facts known that a row had when it was
-- changed, whoever else was changing it.
CREATE FUNCTION mark_device_stale() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO stale_device
                SELECT device_id
                FROM new_device
                WHERE num_nonnulls(csp_region, device_type, manufacturer, model) > 0;
            ELSE
                INSERT INTO stale_device
                SELECT device_id
                FROM (
                    SELECT device_id, csp_region, device_type, manufacturer, model FROM new_device
                    EXCEPT
                    SELECT device_id, csp_region, device_type, manufacturer, model FROM old_device
                ) AS changed;
            END IF;
            RETURN NULL;
        END
    $$;
CREATE TRIGGER device_inserted AFTER INSERT ON device
    REFERENCING NEW TABLE AS new_device
    FOR EACH STATEMENT EXECUTE FUNCTION mark_device_stale();
CREATE TRIGGER device_updated AFTER UPDATE ON device
    REFERENCING OLD TABLE AS old_device NEW TABLE AS new_device
    FOR EACH STATEMENT EXECUTE FUNCTION mark_device_stale();
