"""Facts go beside writers and readers, two prunes at once, and through any number of kills."""

import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event

import pytest

from firmtrack.domain.stages import Status
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.retention.facts import Pace, prune_facts
from tests.looking import find_device
from tests.store.facts import DCC, reported, take
from tests.store.pruned import day, first
from tests.store.pruned_world import World, answers, known_to_stay, stored

SMALL = Pace(devices=1, requests=1)


class Stopped(Exception):
    """A prune ends here."""


@pytest.fixture
def world(own_database: str) -> World:
    world = World()
    world.tell()
    return world


def stopping_after(steps: int) -> Callable[[str, float], None]:
    left = steps

    def tell(_step: str, _share: float) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Stopped

    return tell


def test_it_may_end_between_any_two_steps_and_all_is_true_until_the_next_does_the_rest(
    world: World,
) -> None:
    before = answers(world, DCC)
    stays = known_to_stay(world, 5)
    pace = Pace(devices=9, requests=9)
    stops = 0
    while True:
        try:
            prune_facts(first(5), is_rehearsal=False, pace=pace, tell=stopping_after(stops))
        except Stopped:
            stops += 1
        else:
            break
        left = stored(world)
        assert left >= stays
        assert answers(world, DCC) == {key: before[key] for key in left}
        assert disagreements() == []
    assert stops > 6
    assert stored(world) == stays
    assert disagreements() == []
    with pool().connection() as connection:
        for table in ("preparing_prune", "touched_fact", "going_distribution", "going_tie"):
            row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            assert row == (0,)


@pytest.mark.parametrize("steps", [6])
def test_a_prune_that_is_killed_leaves_nothing_that_the_next_does_not_do(
    own_database: str, world: World, steps: int
) -> None:
    asked = [own_database, first(5).isoformat(), str(steps)]
    killed = subprocess.run(
        [sys.executable, "-m", "tests.store.prune_and_die", *asked],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert stored(world) > known_to_stay(world, 5)
    assert disagreements() == []

    prune_facts(first(5), is_rehearsal=False)

    assert stored(world) == known_to_stay(world, 5)
    assert disagreements() == []


def test_two_at_once_do_it_one_after_the_other(world: World) -> None:
    before = stored(world)
    with ThreadPoolExecutor(2) as threads:
        both = [
            threads.submit(prune_facts, first(5), is_rehearsal=False, pace=SMALL) for _ in range(2)
        ]
        gone = sorted(each.result().distributions for each in both)
    assert gone == [0, len(before) - len(known_to_stay(world, 5))]
    assert stored(world) == known_to_stay(world, 5)
    assert disagreements() == []


@pytest.mark.parametrize("seed", [1])
def test_who_records_and_who_looks_goes_on_meanwhile(world: World, seed: int) -> None:
    is_over = Event()
    stays = known_to_stay(world, 5)
    before = {key: each for key, each in answers(world, DCC).items() if key in stays}
    ends_later = {device_id for device_id, _ in stays}

    def look(number: int) -> int:
        random, looks = Random(number), 0
        while not is_over.is_set():
            device_id, request_id = random.choice(sorted(stays))
            device = find_device(DCC, device_id)
            assert device is not None
            found = {each.distribution.request_id: each for each in device.distributions}
            # What was written meanwhile is new word of these very devices.
            old = [each for each in found[request_id].history if each.occurred_at < day(13, 1)]
            told = [each for each in before[device_id, request_id].history
                    if each.occurred_at < day(13, 1)]  # fmt: skip
            assert [each.status for each in old] == [each.status for each in told]
            looks += 1
        return looks

    def write(number: int) -> int:
        random, written = Random(number), 0
        while not is_over.is_set():
            again = random.sample(world.messages, 5)
            story = random.choice(world.stories)
            news = reported(
                Status.SENT_TO_CSP, day(13, 2 + number), [story.device_id],
                request_id=story.request_id, user_id=story.request_id.originator, reason="news",
                identity=repr((number, written)).encode().ljust(32, b"-")[:32],
            ) if story.device_id in ends_later else random.choice(world.messages)  # fmt: skip
            take(*again, news)
            written += 1
        return written

    with ThreadPoolExecutor(5) as threads:
        readers = [threads.submit(look, seed * 10 + number) for number in range(2)]
        writers = [threads.submit(write, seed * 10 + number) for number in range(3)]
        try:
            prune_facts(first(2), is_rehearsal=False, pace=SMALL)
            prune_facts(first(5), is_rehearsal=False, pace=SMALL)
        finally:
            is_over.set()
        assert all(each.result() > 0 for each in (*readers, *writers))

    assert stored(world) >= stays
    prune_facts(first(5), is_rehearsal=False)  # what somebody wrote about stayed until now
    assert stored(world) == stays
    assert disagreements() == []
