"""What is said to somebody who watches something, and what they have then been told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from firmtrack.domain.topics import WatchNews

Known_co = TypeVar("Known_co", covariant=True)

SPAN = timedelta(hours=4)
"""Of what goes on for long, the same kind of news is told once in so long at most."""

GROWTH = 2
"""And only when there are so many times as many as were told of."""

GATHERING = timedelta(minutes=5)
"""What begins is told after so long, so that what comes with it is told with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[Known_co]):
    """What comes of a look at what is watched.

    ``known`` is what the person knows after it. ``news`` is what they are told, None if nothing;
    ``sentences`` say it, the reason's own apart as ``reason_text``. ``is_over``: the watch has
    ended by itself. ``next_at`` is when it must be looked at even if nothing is recorded.
    """

    known: Known_co
    news: WatchNews | None = None
    sentences: Sequence[str] = ()
    reason: str | None = None
    reason_text: str | None = None
    service_request_id: str | None = None
    is_over: bool = False
    next_at: datetime | None = None


_BETWEEN_CORRECTIONS = (
    timedelta(), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4), timedelta(days=1)
)  # fmt: skip


def correction_at(told_at: datetime | None, corrections: int) -> datetime | None:
    """Return before when a further correction is not told, None if it may be at once.

    ``corrections`` is how many were: what goes to and fro makes ever fewer.
    """
    wait = _BETWEEN_CORRECTIONS[min(corrections, len(_BETWEEN_CORRECTIONS) - 1)]
    return None if told_at is None or not wait else told_at + wait


def is_worth_telling(count: int, told_count: int, told_at: datetime | None, now: datetime) -> bool:
    """Return whether so many are news to who was told of ``told_count`` at ``told_at``."""
    if count < max(1, GROWTH * told_count):
        return False
    return told_at is None or now - told_at >= SPAN
