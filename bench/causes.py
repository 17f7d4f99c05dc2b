"""Causes: how many are found in known worlds, how many wrongly, and how long the search takes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.cause_worlds import World
from firmtrack.causes.cells import Cells
from firmtrack.causes.search import find
from firmtrack.domain.causes import CauseKey, Trait


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
    """Return what was found; traits that the very same updates have are as good as the true ones."""
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
