"""How much a property or a rule is tried: all of it only by ``make test-thorough``."""

from collections.abc import Iterable

import pytest
from hypothesis import settings

_FEWEST = 5


def examples(number: int) -> int:
    """Return how many of ``number`` examples this run tries: a part, or with --thorough all."""
    profile = settings.get_current_profile_name()
    return max(_FEWEST, number * settings.get_profile(profile).max_examples // 100)


def first_of(parameters: Iterable[object]) -> list[object]:
    """Return parameters for pytest, all but the first for --thorough alone."""
    first, *others = parameters
    return [first, *(pytest.param(each, marks=pytest.mark.thorough) for each in others)]
