-- Incidents of parties: what makes many updates of a party fail alike, or stand still, told once and
-- brought up to date. (What befell single updates, such as a removal, is in device_incident and others.)

-- One row an incident. topic is what notices of its changes are about; status and reason are how the
-- updates stand. is_own: of the party's own requests; else of others' updates on devices whose Responsible
-- Supplier it is. cause_id: firmtrack.domain.causes; null while nothing in common is known. is_mixed: not
-- all of its updates have the cause, but most. opened_at and last_at, when the last update joined it, are
-- Firmtrack's times; first_at is when the first of the changes occurred. told_times and what follows: what
-- people have been told. due_at: when it is next to be looked at, null once it has ended. merged_into: the
-- incident that it turned out to be a part of.
CREATE TABLE party_incident (
    incident_id    uuid PRIMARY KEY,
    party_id       bigint NOT NULL REFERENCES accounts_party (id) ON DELETE CASCADE,
    is_own         boolean NOT NULL,
    topic          text NOT NULL,
    status         text NOT NULL,
    reason         text,
    cause_id       text,
    opened_at      timestamptz NOT NULL,
    first_at       timestamptz,
    last_at        timestamptz NOT NULL,
    ended_at       timestamptz,
    merged_into    uuid,
    device_count   integer NOT NULL DEFAULT 0,
    is_mixed       boolean NOT NULL DEFAULT false,
    told_times     integer NOT NULL DEFAULT 0,
    told_at        timestamptz,
    told_count     integer NOT NULL DEFAULT 0,
    told_cause_id  text,
    due_at         timestamptz
);
CREATE UNIQUE INDEX party_incident_open
    ON party_incident (party_id, is_own, topic, status, reason, cause_id) NULLS NOT DISTINCT
    WHERE ended_at IS NULL;
CREATE INDEX party_incident_due ON party_incident (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX party_incident_merged ON party_incident (merged_into) WHERE merged_into IS NOT NULL;

-- Which updates an incident has, until its end was told: each counts once.
CREATE TABLE party_incident_device (
    incident_id uuid NOT NULL REFERENCES party_incident ON DELETE CASCADE,
    device_id   bigint NOT NULL,
    request_key bigint NOT NULL,
    PRIMARY KEY (incident_id, device_id, request_key)
);

-- The causes that were last found among a party's own updates, the greatest first, and those of its
-- incidents that are open. found_at: when it was last found, or was an open incident's. The columns from
-- device_type on are their traits, null where a cause has none; named_request_key is the request of a cause
-- that is of one request.
CREATE TABLE party_cause (
    party_id                   bigint NOT NULL REFERENCES accounts_party (id) ON DELETE CASCADE,
    cause_id                   text NOT NULL,
    found_at                   timestamptz NOT NULL,
    place                      integer NOT NULL,
    status                     text NOT NULL,
    reason                     text,
    device_type                text,
    manufacturer               text,
    model                      text,
    csp_region                 text,
    firmware_version           text,
    from_version               text,
    comms_hub_manufacturer     text,
    comms_hub_model            text,
    comms_hub_firmware_version text,
    image_hash                 text,
    named_request_key          bigint,
    PRIMARY KEY (party_id, cause_id)
);

-- When each party's causes were last looked for.
CREATE TABLE party_cause_search (
    party_id    bigint PRIMARY KEY REFERENCES accounts_party (id) ON DELETE CASCADE,
    searched_at timestamptz NOT NULL
);

-- is_newest: the endpoint has no newer notice of its incident; true of what is of none. So an incident is one
-- row of a list, which is read by an index.
ALTER TABLE notice ADD COLUMN incident_id uuid, ADD COLUMN is_newest boolean NOT NULL DEFAULT true;
CREATE INDEX notice_of_incident ON notice (incident_id, endpoint_id, sequence)
    WHERE incident_id IS NOT NULL;
CREATE INDEX notice_newest_of_incident ON notice (incident_id, endpoint_id)
    WHERE incident_id IS NOT NULL AND is_newest;
CREATE INDEX notice_newest ON notice (endpoint_id, sequence) WHERE is_newest;
