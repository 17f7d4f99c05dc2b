"""Causes: how many are found in known worlds, how many wrongly, and how long the search takes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import psycopg
from numpy.typing import NDArray

from bench import cause_worlds as worlds
from bench.cause_making import World
from bench.figures import Figure, at_least, at_most
from bench.run import Run
from bench.scene import DCC, USER, fresh_database
from bench.timing import seconds_of
from firmtrack.answers.causes import CausesQuestion
from firmtrack.causes.cells import Cells
from firmtrack.causes.search import find
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.viewer import Viewer
from firmtrack.store import database
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports.causes import find_causes

_SEEDS = 8
# Not those of the tests, nor those with which the search was tuned.
_FIRST_SEED = 1_000
_REQUESTS, _DEVICES = 500, 20_000
_SILENT, _SINGLE, _PAIR = 97, 95, 80

Maker = Callable[[int], World]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a world: which of its causes exactly, and what is no cause of it."""

    exact: tuple[CauseKey, ...]
    missed: tuple[CauseKey, ...]
    wrong: tuple[CauseKey, ...]

    @property
    def is_right(self) -> bool:
        """Whether all of its causes were found, and nothing else."""
        return not self.missed and not self.wrong


def judge(world: World) -> Verdict:
    """Return what was found; other traits of the very same updates are as good as the true."""
    found = [cause.key for cause in find(world.cells, now=world.now)]
    exact = [key for key in world.causes if any(_is_same(world.cells, key, f) for f in found)]
    return Verdict(
        exact=tuple(exact),
        missed=tuple(key for key in world.causes if key not in exact),
        wrong=tuple(
            f for f in found if not any(_is_same(world.cells, key, f) for key in world.causes)
        ),
    )


def _is_same(cells: Cells, one: CauseKey, other: CauseKey) -> bool:
    if (one.status, one.reason) != (other.status, other.reason):
        return False
    return bool((_having(cells, one.traits) == _having(cells, other.traits)).all())


def _having(cells: Cells, traits: Iterable[Trait]) -> NDArray[np.bool_]:
    which = np.ones(len(cells.count), dtype=bool)
    for trait in traits:
        which &= cells.codes[trait.attribute] == cells.values[trait.attribute].index(trait.value)
    return which


# Rows as the counter leaves them, made by the database itself: of each request 240 profiles, some
# of whose updates failed in four ways. Not counted from events: see bench.performance.
_FILL = """
INSERT INTO device_profile (device_type, manufacturer, model, csp_region, from_version,
    comms_hub_manufacturer, comms_hub_model, comms_hub_firmware_version)
SELECT 'ESME', 'M' || m %% 5, 'model ' || m, r, '0000000' || v, 'H' || h %% 3, 'hub ' || h %% 6,
    '000000' || h
FROM generate_series(1, 40) AS m, unnest(ARRAY['North', 'Central', 'South']) AS r,
    generate_series(1, 4) AS v, generate_series(10, 29) AS h;
INSERT INTO failure_reason (reason)
VALUES ('N61'), ('image_discarded'), ('hardware_version_mismatch'), ('8F1C');
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash)
SELECT %(user)s, %(dcc)s, %(zero)s + r, gen_random_uuid(), now(), now() - r * interval '80 minutes',
    '11.1', lpad(r::text, 8, '0'), sha256(r::text::bytea)
FROM generate_series(1, %(requests)s) AS r;
INSERT INTO cause_count
SELECT r.request_key, now(), true, array_agg(p.profile_key), array_agg(s.standing),
    array_agg(s.stage), array_agg(s.reason_key), array_agg(s.day), array_agg(s.count),
    array_agg(s.day * 86400::bigint), array_agg(s.day * 86400::bigint + 40000)
FROM request AS r
JOIN device_profile AS p ON p.model = 'model ' || (1 + r.request_key %% 40)
CROSS JOIN LATERAL (
    VALUES (0, 6, 0, 0, %(count)s - 12), (1, 4, 0, 0, 6), (2, 4, 1, 20000, 2),
        (2, 5, 2, 20003, 1), (2, 5, 3, 20007, 1), (2, 6, 4, 20011, 2)
) AS s (standing, stage, reason_key, day, count)
GROUP BY r.request_key
"""
_PROFILES = 240


def measure(run: Run) -> list[Figure]:
    """Return how long the search takes, and how much of what it says of known worlds is right."""
    seeds = range(_FIRST_SEED, _FIRST_SEED + run.sized(_SEEDS))
    return [
        _search(run),
        _answer(run),
        *(_tried(group, reach, seeds) for group, reach in _groups()),
    ]


def _search(run: Run) -> Figure:
    requests = run.sized(_REQUESTS)
    world = worlds.large(requests, _DEVICES)
    seconds = min(seconds_of(lambda: find(world.cells, now=world.now)) for _ in range(3))
    return Figure(
        f"causes in {len(world.cells.count):,} cells of {requests * _DEVICES:,} updates",
        "cells as they are read",
        at_most(1),
        seconds,
        unit="s",
        beside=f"{'all' if judge(world).is_right else 'not all'} of its causes found",
    )


def _answer(run: Run) -> Figure:
    requests = run.sized(_REQUESTS)
    asked = {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "requests": requests,
        "count": _DEVICES // _PROFILES,
    }
    viewer = Viewer.of_user_ids("bench", [USER])
    with fresh_database(run.server) as conninfo:
        with psycopg.connect(
            conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor
        ) as filling:
            filling.execute(_FILL, asked)
            filling.execute("VACUUM ANALYZE")
        database.use(conninfo)
        seconds = min(seconds_of(lambda: find_causes(viewer, CausesQuestion())) for _ in range(3))
    return Figure(
        f"causes of a supplier with {requests * _DEVICES:,} updates in {requests} requests",
        f"{requests * _PROFILES * 6:,} counts, read from the database and searched",
        at_most(1),
        seconds,
        unit="s",
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Worlds of some kinds, that are told of together."""

    name: str
    makers: tuple[Maker, ...]


def _groups() -> Iterator[tuple[Group, int]]:
    for kind in worlds.NULLS:
        yield Group(f"chance: {kind}", (partial(worlds.chance_alone, kind),)), _SILENT
    for name, (base, share) in (("80% for 2%", worlds.STRONG), ("12% for 3%", worlds.MODEST)):
        for attribute in Attribute:
            maker = partial(worlds.single, attribute, base, share, name)
            yield Group(f"one trait, {name}: {attribute}", (maker,)), _SINGLE
    for name, (base, share) in (("80% for 2%", worlds.STRONG), ("30% for 2%", worlds.MIDDLING)):
        makers = tuple(partial(worlds.pair, pair, base, share, name) for pair in worlds.PAIRS)
        yield Group(f"two traits, {name}", makers), _PAIR
    base, share = worlds.STRONG
    begun = tuple(partial(worlds.begun, attribute, base, share) for attribute in worlds.BEGUN)
    yield Group("one trait, since twelve days ago", begun), _SINGLE
    yield Group("four causes", (worlds.several,)), _SINGLE
    yield Group("two causes of one reason", (worlds.overlapping,)), _SINGLE
    for kind, make in worlds.OUTAGES.items():
        yield Group(kind, (partial(make, kind),)), _SINGLE


def _tried(group: Group, reach: int, seeds: Iterable[int]) -> Figure:
    verdicts = [judge(world) for world in _made(group, seeds)]
    right = sum(verdict.is_right for verdict in verdicts)
    wrong = sum(len(verdict.wrong) for verdict in verdicts)
    missed = sum(len(verdict.missed) for verdict in verdicts)
    return Figure(
        f"causes, {group.name}: exactly what is true",
        "its own truth",
        at_least(reach),
        100 * right / max(len(verdicts), 1),
        unit="%",
        beside=f"{len(verdicts)} worlds, {wrong} wrong causes, {missed} missed",
    )


def _made(group: Group, seeds: Iterable[int]) -> Iterator[World]:
    for seed in seeds:
        for make in group.makers:
            try:
                yield make(seed)
            except worlds.NoSuchTraits:
                continue
