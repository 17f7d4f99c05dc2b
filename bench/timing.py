"""How long something takes, beside something else, in turns: a slow minute slows both."""

import statistics
import time
from collections.abc import Callable, Sequence

Pairs = Sequence[tuple[float, float]]


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long ``action`` takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median_ratio(pairs: Pairs) -> float:
    """Return the median of first over second, pair by pair, so that slow minutes cancel out."""
    return statistics.median(first / second for first, second in pairs)


def usual_seconds(
    action: Callable[[], object], *, within_seconds: float = 0.5, least: int = 3, most: int = 50
) -> float:
    """Return how long ``action`` usually takes: the median of as many times as fit in a while."""
    taken: list[float] = []
    while len(taken) < least or (len(taken) < most and sum(taken) < within_seconds):
        taken.append(seconds_of(action))
    return statistics.median(taken)


def in_turns(
    one: Callable[[], object], other: Callable[[], object], *, rounds: int = 3
) -> list[tuple[float, float]]:
    """Return how long each of the two usually takes, round by round, after a first time."""
    one()
    other()
    return [(usual_seconds(one), usual_seconds(other)) for _ in range(rounds)]


def medians(pairs: Pairs) -> tuple[float, float]:
    """Return the median of the first and that of the second."""
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


def percentile(values: Sequence[float], hundredths: int) -> float:
    """Return the value that so many in a hundred do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * hundredths // 100)]
