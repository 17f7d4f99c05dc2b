"""What is usual: how long it takes to learn, and wrong flags and outages found in known worlds."""

from datetime import UTC, datetime, timedelta
from math import inf
from random import Random

import psycopg

from bench.figures import Figure, at_most
from bench.judging import Judgement, judge
from bench.run import Run
from bench.scene import DCC, USER, fresh_database
from bench.timing import seconds_of
from bench.worlds import WORLDS, Outage, World
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports import learning

_MOST_STALLED, _MOST_SLOW = 0.001, 0.05
_REGION_HOURS = 14
_SEED = 1

_DEVICES_PER_REQUEST = 20_000

# Rows as the counter leaves them, made by the database itself: requests eleven hours apart, of 16
# suppliers, in seven regions and of two models; each stay in steps about a median, and one in ten
# still waiting. Not counted from events: bench.performance measures that.
_FILL = """
INSERT INTO device_segment (csp_region, device_type, manufacturer, model)
SELECT r, 'ESME', '1234', m
FROM unnest(
    ARRAY['North', 'Central', 'South', '4G North', '4G Central', '4G South', 'Unknown']
) AS r,
    unnest(ARRAY['M0', 'M1']) AS m;
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant)
SELECT %(user)s + r %% 16, %(dcc)s, %(zero)s + r, gen_random_uuid(), now(),
    now() - r * interval '11 hours', '11.1'
FROM generate_series(1, %(requests)s) AS r;
INSERT INTO stay
SELECT r.request_key, s.segment_key, g, r.sent_at::date + d, 1, h.steps, h.counts
FROM request AS r, device_segment AS s, generate_series(2, 5) AS g, generate_series(0, 5) AS d
CROSS JOIN LATERAL (
    SELECT array_agg(step::smallint), array_agg(count)
    FROM (
        SELECT 400 + g * 10 + n AS step, greatest(1, %(count)s / 60)::integer AS count
        FROM generate_series(1, 60) AS n
    ) AS spread
) AS h (steps, counts);
INSERT INTO stay_in_progress
SELECT r.request_key, s.segment_key, g, (date_part('epoch', r.sent_at) / 3600)::integer + d * 24,
    greatest(1, %(count)s / 10)::integer
FROM request AS r, device_segment AS s, generate_series(2, 5) AS g, generate_series(0, 5) AS d;
INSERT INTO cohort
SELECT r.request_key, s.csp_region, g, r.sent_at + interval '5 days',
    h.hours, array_fill(%(count)s / 20, ARRAY[120]), array_fill(%(count)s / 20, ARRAY[120])
FROM request AS r, (SELECT DISTINCT csp_region FROM device_segment) AS s, generate_series(2, 5) AS g
CROSS JOIN LATERAL (
    SELECT array_agg((date_part('epoch', r.sent_at) / 3600)::integer + n)
    FROM generate_series(1, 120) AS n
) AS h (hours);
"""


def measure(run: Run) -> list[Figure]:
    """Return how long it takes to learn what is usual, and what is found in each world."""
    return [_learning(run, run.sized(10_000_000)), *_worlds(_SEED)]


def _learning(run: Run, distributions: int) -> Figure:
    requests = max(1, distributions // _DEVICES_PER_REQUEST)
    asked = {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "requests": requests,
        "count": _DEVICES_PER_REQUEST // (14 * 6),
    }
    with fresh_database(run.server) as conninfo:
        with psycopg.connect(
            conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor
        ) as filling:
            filling.execute(_FILL, asked)
            filling.execute("VACUUM ANALYZE")
        with psycopg.connect(conninfo, autocommit=True) as connection:

            def learn() -> None:
                now = datetime.now(UTC)
                learning.refresh(connection, older_than=timedelta(0), now=now, waits=True)

            first, again = seconds_of(learn), seconds_of(learn)
    return Figure(
        f"what is usual over {distributions:,} distributions, in the background",
        "rows as they are counted, made by the database",
        at_most(2),
        again,
        unit="s",
        beside=f"the first time, with the limits of all, {first:.2f} s",
    )


def _worlds(seed: int) -> list[Figure]:
    """Return of each world what was called stalled and slow wrongly, and what was found when."""
    figures: list[Figure] = []
    for make in WORLDS:
        world = make(Random(f"{make.__name__} {seed}"))
        found = judge(world)
        name = f"world “{world.name}”, {found.entered:,} stays looked at hourly, seed {seed}"
        truth = "its own truth"
        figures += [
            Figure(
                f"{name}: wrongly stalled",
                truth,
                at_most(_MOST_STALLED * 100),
                found.stalled_share * 100,
                unit="%",
            ),
            Figure(
                f"{name}: wrongly slow",
                truth,
                at_most(_MOST_SLOW * 100),
                found.slow_share * 100,
                unit="%",
            ),
            *(
                _outage(name, number, each, world, found)
                for number, each in enumerate(world.outages, start=1)
            ),
        ]
    return figures


def _outage(name: str, number: int, outage: Outage, world: World, found: Judgement) -> Figure:
    """Return after how many hours an outage was found: never is infinitely many."""
    asked = _REGION_HOURS if outage.hub is None else round(2 * usual_p95(world))
    where = "region" if outage.hub is None else "hub"
    return Figure(
        f"{name}: its outage {number}, of a {where}, found",
        "its own truth",
        at_most(asked),
        found.found.get(outage, inf),
        unit="h",
    )


def usual_p95(world: World) -> float:
    """Return within how many hours 95% of what passed unheld had passed."""
    taken = sorted(
        stay.passes - stay.entered
        for stays in world.stays.values()
        for stay in stays
        if stay.passes is not None and stay.held is None
    )
    return taken[len(taken) * 95 // 100]
