"""A short run of what ``make fuzz`` does at length: the same inputs each time, unguided.

What guided runs have found is among the seeds, or in the tests of what was mended.
"""

from pathlib import Path

import pytest

from tests.examples import examples
from tests.fuzz import findings
from tests.fuzz.promise import Chance, Target, checked, with_octets_changed
from tests.fuzz.targets import TARGETS

_INPUTS = {"duis": 8_000, "gbcs": 12_000, "archives": 3_000}


@pytest.fixture(scope="module", params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    name: str = request.param
    return TARGETS[name]()


def test_every_seed_is_answered_as_promised_and_most_say_something(target: Target) -> None:
    saying = [checked(target, seed) for seed in target.seeds]
    assert sum(saying) > len(saying) / 3


def test_changed_octets_are_answered_as_promised(target: Target) -> None:
    saying = 0
    for number in range(examples(_INPUTS[target.name])):
        chance = Chance(number)
        octets = chance.one_of(target.seeds)
        for _ in range(1 + chance.below(3)):
            octets = with_octets_changed(octets, chance)
            if chance.below(4):
                octets = target.mutate(octets, chance)
        try:
            saying += checked(target, octets)
        except Exception as error:
            error.add_note(f"input {number}: {octets[:2_000]!r}")
            raise
    assert saying > 0


def test_a_reader_that_breaks_its_promise_is_found_once(tmp_path: Path) -> None:
    for octets in (b"a", b"b"):
        try:
            int(octets)
        except ValueError as error:
            findings.keep(tmp_path, octets, error)
    (found,) = findings.found(tmp_path)
    assert found.read_bytes() == b"a"
