"""Causes: how many are found in known worlds, how many wrongly, and how long the search takes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench import cause_worlds as worlds
from bench.cause_worlds import World
from bench.figures import Figure, at_least, at_most
from bench.run import Run
from bench.timing import seconds_of
from firmtrack.causes.cells import Cells
from firmtrack.causes.search import find
from firmtrack.domain.causes import Attribute, CauseKey, Trait

_SEEDS = 20
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


def measure(run: Run) -> list[Figure]:
    """Return how long the search takes, and how much of what it says of known worlds is right."""
    seeds = range(_FIRST_SEED, _FIRST_SEED + run.sized(_SEEDS))
    return [_search(run), *(_tried(group, reach, seeds) for group, reach in _groups())]


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
