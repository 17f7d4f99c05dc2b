-- How long distributions stay at a stage, those that failed and those that still wait included; and
-- the limits with which a wait is compared. Made by whoever counts, of each request whole.
DROP TABLE performance_dwell, usual_dwell, usual_dwell_age;

-- Stays that have ended, by the day of their entry. outcome: 1 passed, 2 failed, 3 not waited for
-- any more, since a later request has brought the device an image. A histogram: so many in each step
-- of firmtrack.domain.durations. Before DCC has answered, no fact of the device counts: segment 0.
CREATE TABLE stay (
    request_key bigint NOT NULL,
    segment_key integer NOT NULL,
    stage       smallint NOT NULL,
    entered_on  date NOT NULL,
    outcome     smallint NOT NULL,
    steps       smallint[] NOT NULL,
    counts      integer[] NOT NULL,
    PRIMARY KEY (request_key, segment_key, stage, entered_on, outcome)
);

-- How many still wait that entered in which hour since the epoch.
CREATE TABLE stay_in_progress (
    request_key  bigint NOT NULL,
    segment_key  integer NOT NULL,
    stage        smallint NOT NULL,
    entered_hour integer NOT NULL,
    count        integer NOT NULL,
    PRIMARY KEY (request_key, segment_key, stage, entered_hour)
);

-- A request's updates that entered a stage in one region: when one last passed, and how many entered
-- and passed in which hour since the epoch.
CREATE TABLE cohort (
    request_key bigint NOT NULL,
    csp_region  text NOT NULL,
    stage       smallint NOT NULL,
    moved_at    timestamptz,
    hours       integer[] NOT NULL,
    entered     integer[] NOT NULL,
    passed      integer[] NOT NULL,
    PRIMARY KEY (request_key, csp_region, stage)
);

-- Updates of a request that wait at a stage behind one hub, where they are so many that they are a
-- cohort of their own: since when all of these have waited and none moved. The hub is the one that
-- the latest word of the update names, or else the inventory's.
CREATE TABLE stay_at_hub (
    request_key  bigint NOT NULL,
    stage        smallint NOT NULL,
    device_id    bigint NOT NULL,
    comms_hub_id bigint NOT NULL,
    since        timestamptz NOT NULL,
    has_moved    boolean NOT NULL,
    PRIMARY KEY (request_key, stage, device_id)
);

-- How long such hubs waited until the first of the updates moved. A histogram, as in stay.
CREATE TABLE hub_stay (
    request_key bigint NOT NULL,
    stage       smallint NOT NULL,
    steps       smallint[] NOT NULL,
    counts      integer[] NOT NULL,
    PRIMARY KEY (request_key, stage)
);

-- What others' stays tell: so many in each step. facts is how many of firmtrack.store.waits'
-- GROUP_FACTS they have in common.
CREATE TABLE wait_estimate (
    estimate_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    facts        smallint NOT NULL,
    steps        smallint[] NOT NULL,
    passed       bigint[] NOT NULL,
    failed       bigint[] NOT NULL,
    waiting      bigint[] NOT NULL
);

-- The limits of waits: firmtrack.domain.pace.Limits. Without a row nothing is known.
CREATE TABLE wait_limit (
    request_key     bigint NOT NULL,
    segment_key     integer NOT NULL,
    stage           smallint NOT NULL,
    estimate_key    bigint NOT NULL,
    slow_seconds    double precision,
    allowed_seconds double precision,
    still_seconds   double precision,
    moved_at        timestamptz,
    left_seconds    double precision,
    silent_from     timestamptz,
    silent_seconds  double precision,
    hub_seconds     double precision,
    passes          bigint NOT NULL,
    expected_passes double precision NOT NULL,
    PRIMARY KEY (request_key, segment_key, stage)
);
CREATE TABLE wait_limit_age (counted_at timestamptz NOT NULL);
INSERT INTO wait_limit_age VALUES ('-infinity');

-- Requests that could not be counted, and why.
CREATE TABLE uncounted_request (
    request_key bigint PRIMARY KEY,
    error       text NOT NULL,
    tried_at    timestamptz NOT NULL DEFAULT now()
);

INSERT INTO stale_request SELECT request_key FROM request;
