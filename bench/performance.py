"""Delivery performance over ten million distributions: the counting of all, and a page's read."""

from functools import partial

import psycopg

from bench.scene import DCC, USER, fresh_database
from bench.table import Figure, console, seconds_of
from firmtrack.answers.performance import PerformanceFilter
from firmtrack.domain.viewer import Viewer
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports import performance

_DEVICES_PER_REQUEST = 20_000
_ROUNDS = 3
_SUPPLIERS = 16

# As the ledger leaves it, one request at a time, made by the database itself: seven regions and two
# models of devices; each device with its word of the hub, of itself and, naming no request, of its
# verification, some after hours and a few after days; one in ten stopped at the hub.
_FILL = """
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, step_stage, step_occurred_at, step_message_id)
SELECT %(user)s + r %% %(suppliers)s, %(dcc)s, %(zero)s + r, gen_random_uuid(), now(),
    '2026-01-05'::timestamptz + r * interval '11 hours', '11.1', to_char(r / 20, 'FM00000000'),
    sha256(r::text::bytea), 2, '2026-01-05'::timestamptz + r * interval '11 hours',
    gen_random_uuid()
FROM (VALUES (%(number)s)) AS asked (r);
CREATE TEMPORARY TABLE made AS
SELECT request_key, sent_at, image_hash,
    %(device)s + (i * 2654435761 %% 1099511627776) AS device_id, i,
    gen_random_uuid() AS message_id,
    sent_at + interval '20 hours'
        * exp(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) * 0.7) AS at_hub
FROM request, generate_series(%(first)s, %(first)s + %(devices)s - 1) AS i
WHERE counter = %(zero)s + %(number)s;
INSERT INTO device (device_id, learnt_at, message_id, device_type, csp_region, manufacturer, model)
SELECT device_id, '2026-01-01', message_id, 'ESME',
    (ARRAY['North', 'Central', 'South', '4G North', '4G Central', '4G South', 'Unknown'])
        [1 + i %% 7],
    to_char(%(number)s %% 9, 'FM0000'), 'M' || i %% 2
FROM made;
INSERT INTO request_step
SELECT DISTINCT request_key, gen_random_uuid(), sent_at + interval '1 minute', now(), 2, false
FROM (SELECT DISTINCT request_key, sent_at FROM made) AS answered;
INSERT INTO event (device_id, request_key, message_id, occurred_at, recorded_at, stage, failed,
    reason, image_hash)
SELECT m.device_id, CASE WHEN w.stage < 6 THEN m.request_key END, gen_random_uuid(),
    m.at_hub + w.later, now(), w.stage, w.stage = 4 AND i %% 10 = 0,
    CASE WHEN w.stage = 4 AND i %% 10 = 0 THEN 'N61' END,
    CASE WHEN w.stage = 6 THEN m.image_hash END
FROM made AS m
CROSS JOIN (
    VALUES (4, interval '0'), (5, interval '5 hours'), (6, interval '9 hours')
) AS w (stage, later)
WHERE w.stage = 4 OR i %% 10 > 0;
INSERT INTO distribution (device_id, request_key, message_id, occurred_at, stage, failed, reason)
SELECT device_id, request_key, message_id, at_hub, CASE WHEN i %% 10 = 0 THEN 4 ELSE 6 END,
    i %% 10 = 0, CASE WHEN i %% 10 = 0 THEN 'N61' END
FROM made;
INSERT INTO stale_request SELECT DISTINCT request_key FROM made;
DELETE FROM stale_device;
DROP TABLE made;
"""


def measure(server: EmbeddedPostgres, distributions: int) -> list[Figure]:
    """Return the figures for counting all anew, for one request, and for a read of all."""
    with fresh_database(server) as conninfo:
        _fill(conninfo, distributions)
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
            "SELECT count(*) of the same distributions",
            "at most 2 s",
            f"{reading:.2f} s ({counting:.2f} s)",
        ),
        Figure(
            "counting all of them anew, and what is usual",
            f"one request of {min(_DEVICES_PER_REQUEST, distributions):,} devices",
            "(not asked)",
            f"{refreshing:.0f} s ({one:.2f} s)",
        ),
    ]


def _count(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute("SELECT count(*) FROM distribution").fetchone()
    assert row is not None
    return row[0]


def _fill(conninfo: str, distributions: int) -> None:
    numbers = {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "device": to_bigint(0x00DB_0000_0000_0000),
        "suppliers": _SUPPLIERS,
    }
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor) as made:
        for number, first in enumerate(range(0, distributions, _DEVICES_PER_REQUEST)):
            devices = min(_DEVICES_PER_REQUEST, distributions - first)
            made.execute(_FILL, numbers | {"number": number, "first": first, "devices": devices})
            if number % 50 == 49:
                console.print(f"  {first + devices:,} of {distributions:,} distributions filled in")
        made.execute("VACUUM ANALYZE")
