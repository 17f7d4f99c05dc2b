"""What fault runs have in common: a plan, a report, and faults that happen while posts go on."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.installation import Program
from tests.faults.posting import Client, Post
from tests.faults.stream_posting import Publisher
from tests.journeys.processes import PATIENCE_SECONDS

Strike = Callable[[random.Random, float], None]
"""Makes a fault happen: given chance, and how long it is to last, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how hard a run is. ``seconds`` 0: as fast as it goes."""

    requests: int
    devices: int
    seed: int
    seconds: float
    fault_seconds: tuple[float, float]
    clients: int
    patience_seconds: float
    settings: dict[str, str]


@dataclass(slots=True)
class Happened:
    """One fault as it happened."""

    kind: str
    began_at: float
    mended_at: float


@dataclass(slots=True)
class Report:
    """What a run came to."""

    told: list[str] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Note a line, and print it at once: a run is long."""
        self.told.append(line)
        print(line, flush=True)


class Striking:
    """Has faults happen while posts go on, and waits for what these come to."""

    def __init__(self, plan: Plan, directory: Path, report: Report, posts: Sequence[Post]) -> None:
        self._plan = plan
        self._directory = directory
        self._report = report
        self._posts = posts

    @property
    def acknowledged(self) -> int:
        """How many messages are acknowledged."""
        return sum(len(post.acknowledged) for post in self._posts)

    def strike(self, faults: Sequence[tuple[str, Strike]], chance: random.Random) -> None:
        """Have the faults happen, each when as much more has been acknowledged."""
        total = sum(post.total for post in self._posts)
        for number, (kind, strike) in enumerate(faults, start=1):
            goal = total * number // (len(faults) + 1)
            self.wait_until(
                lambda goal=goal: self.acknowledged >= goal,  # type: ignore[misc]  # a lambda that holds its own goal
                f"{goal:,} messages are acknowledged, before: {kind}",
            )
            seconds = chance.uniform(*self._plan.fault_seconds)
            began_at = time.monotonic()
            strike(chance, seconds)
            happened = Happened(kind, began_at, time.monotonic())
            self._report.happened.append(happened)
            self._report.say(
                f"{number}/{len(faults)} {kind}, {happened.mended_at - began_at:.1f} s;"
                f" {self.acknowledged:,} of {total:,} acknowledged"
            )

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Return when it is so; fail clearly if it does not become so."""
        deadline = time.monotonic() + self._plan.patience_seconds
        while not is_so():
            refused = sum((post.refusals for post in self._posts), Counter())
            assert time.monotonic() < deadline, (
                f"in vain waited until {what}: {self.acknowledged:,} are acknowledged; refused:"
                f" {dict(refused)}; logs in {self._directory}"
            )
            time.sleep(0.02)  # what is waited for happens in other processes


@contextmanager
def at_work(threads: Sequence[Client | Publisher]) -> Iterator[None]:
    """Have these hand over within the block; fail if one of them failed."""
    for each in threads:
        each.start()
    try:
        yield
    finally:
        for each in threads:
            each.stop()
        for each in threads:
            each.join(PATIENCE_SECONDS)
    failures = [each.failure for each in threads if each.failure is not None]
    assert failures == []


def told_refusals(post: Post) -> str:
    """Return why how many hand-overs were not acknowledged, the most frequent first."""
    return ", ".join(f"{count:,} {why}" for why, count in post.refusals.most_common()) or "none"


def told_starts(programs: Iterable[Program]) -> str:
    """Return how often each command was started."""
    return ", ".join(f"{each.name} {each.starts}" for each in programs)
