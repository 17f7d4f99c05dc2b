"""Delivery performance over ten million distributions: the counting of all, and a page's read."""

from functools import partial

import psycopg

from bench.figures import Figure, at_most
from bench.report import console
from bench.run import Run
from bench.scene import DCC, USER, fresh_database
from bench.timing import seconds_of
from firmtrack.answers.performance import PerformanceFilter
from firmtrack.domain.inventory import IMPORT_ID
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports import performance

_DEVICES_PER_REQUEST = 20_000
_ROUNDS = 3
_SUPPLIERS = 16

# As the ledger leaves it, one request at a time, made by the database itself: seven regions and two
# models of devices; each device with its events at the hub, of the transfer and, naming no request,
# of its verification, some after hours and a few after days; one in ten stopped at the hub.
_FILL = """
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, statement_count, stepped_at, step_stage, step_occurred_at,
    step_message_id)
SELECT %(user)s + r %% %(suppliers)s, %(dcc)s, %(zero)s + r, gen_random_uuid(), now(),
    '2026-01-05'::timestamptz + r * interval '11 hours', '11.1', to_char(r / 20, 'FM00000000'),
    sha256(r::text::bytea), 1, '2026-01-05'::timestamptz + r * interval '11 hours', 2,
    '2026-01-05'::timestamptz + r * interval '11 hours', gen_random_uuid()
FROM (VALUES (%(number)s)) AS asked (r);
CREATE TEMPORARY TABLE made AS
SELECT request_key, originator, sent_at, image_hash,
    %(device)s + (i * 2654435761 %% 1099511627776) AS device_id, i,
    sent_at + interval '20 hours'
        * exp(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) * 0.7) AS at_hub
FROM request, generate_series(%(first)s, %(first)s + %(devices)s - 1) AS i
WHERE counter = %(zero)s + %(number)s;
INSERT INTO device (device_id, learnt_at, message_id, device_type, csp_region, manufacturer, model)
SELECT device_id, '2026-01-01', %(import)s, 'ESME',
    (ARRAY['North', 'Central', 'South', '4G North', '4G Central', '4G South', 'Unknown'])
        [1 + i %% 7],
    to_char(%(number)s %% 9, 'FM0000'), 'M' || i %% 2
FROM made;
INSERT INTO recorded_inventory_statement
    (device_id, message_id, recorded_at, learnt_at, device_type, csp_region, manufacturer, model)
SELECT device_id, message_id, now(), learnt_at, device_type, csp_region, manufacturer, model
FROM device
JOIN made USING (device_id);
INSERT INTO recorded_request_statement (request_key, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, image)
SELECT request_key, message_id, recorded_at, sent_at, variant, stated_version, image_hash,
    '{"size_bytes": 1}'
FROM request AS r
WHERE counter = %(zero)s + %(number)s;
INSERT INTO recorded_request_step (request_key, message_id, occurred_at, recorded_at, stage, failed,
    message_kind, code, user_id)
SELECT request_key, step_message_id, step_occurred_at, recorded_at, step_stage, step_failed,
    2, 'I0', originator
FROM request AS r
WHERE counter = %(zero)s + %(number)s;
CREATE TEMPORARY TABLE happened AS
SELECT m.device_id, m.request_key, gen_random_uuid() AS message_id,
    m.at_hub + w.later AS occurred_at, w.stage, w.stage = 4 AND i %% 10 = 0 AS failed,
    CASE WHEN w.stage = 4 AND i %% 10 = 0 THEN 'N61' END AS reason,
    m.image_hash, m.originator AS addressee
FROM made AS m
CROSS JOIN (
    VALUES (4, interval '0'), (5, interval '5 hours'), (6, interval '9 hours')
) AS w (stage, later)
WHERE w.stage = 4 OR i %% 10 > 0;
INSERT INTO recorded_event (device_id, request_key, message_id, occurred_at, recorded_at, stage,
    failed, reason, image_hash, addressee, message_kind, code)
SELECT device_id, CASE WHEN stage < 6 THEN request_key END, message_id, occurred_at, now(), stage,
    failed, reason, CASE WHEN stage = 6 THEN image_hash END, addressee, 3, 'N60'
FROM happened;
INSERT INTO distribution
    (device_id, request_key, message_id, occurred_at, stage, failed, reason, addressee)
SELECT DISTINCT ON (device_id)
    device_id, request_key, message_id, occurred_at, stage, failed, reason, addressee
FROM happened
ORDER BY device_id, stage DESC;
INSERT INTO stale_request SELECT DISTINCT request_key FROM made;
DELETE FROM stale_device;
DROP TABLE made, happened;
"""


def measure(run: Run) -> list[Figure]:
    """Return the figures for counting all anew, for one request, and for a read of all."""
    distributions = run.sized(10_000_000, least=100)
    with fresh_database(run.server) as conninfo:
        fill(conninfo, distributions)
        refreshing = seconds_of(performance.refresh)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            count = partial(_count, connection)
            read = partial(
                performance.delivery_performance, Viewer.of_dcc("bench"), PerformanceFilter()
            )
            found = read()
            assert found.total.distributions == count() == distributions
            assert found.waiting == 0
            pairs = sorted((seconds_of(read), seconds_of(count)) for _ in range(_ROUNDS))
            connection.execute("INSERT INTO stale_request SELECT max(request_key) FROM request")
            one = seconds_of(performance.refresh)
    reading, counting = pairs[_ROUNDS // 2]
    return [
        Figure(
            f"delivery performance of {distributions:,} distributions, warm",
            "–",
            at_most(2),
            reading,
            unit="s",
            beside=f"SELECT count(*) of them {counting:.2f} s",
        ),
        Figure(
            f"counting {distributions:,} distributions anew, and what is usual",
            "–",
            None,
            refreshing,
            unit="s",
            beside=f"one request of {min(_DEVICES_PER_REQUEST, distributions):,} devices"
            f" {one:.2f} s",
        ),
    ]


def _count(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute("SELECT count(*) FROM distribution").fetchone()
    assert row is not None
    return row[0]


def fill(conninfo: str, distributions: int) -> None:
    """Fill in so many distributions, each device with its facts and its events, but no messages."""
    numbers = {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "device": to_bigint(0x00DB_0000_0000_0000),
        "suppliers": _SUPPLIERS,
        "import": IMPORT_ID,
    }
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor) as made:
        for number, first in enumerate(range(0, distributions, _DEVICES_PER_REQUEST)):
            devices = min(_DEVICES_PER_REQUEST, distributions - first)
            made.execute(_FILL, numbers | {"number": number, "first": first, "devices": devices})
            if number % 50 == 49:
                console.print(f"  {first + devices:,} of {distributions:,} distributions filled in")
        made.execute("VACUUM ANALYZE")
