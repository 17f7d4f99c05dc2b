"""The scale on which durations are counted, and the percentiles that it gives.

A histogram on a fixed scale can be added to another, so percentiles of any union are exact: they
are those of the scale. Its steps are whole seconds up to 50, then 2% wide, up to 400 days.
"""

from bisect import bisect_right

_LONGEST_SECONDS = 400 * 24 * 60 * 60
_EXACT_SECONDS = 50


def _scale() -> tuple[int, ...]:
    starts = list(range(_EXACT_SECONDS + 1))
    while starts[-1] < _LONGEST_SECONDS:
        starts.append(-(-starts[-1] * 51 // 50))  # rounded up, so that each is greater
    return tuple(starts)


SCALE = _scale()
"""The seconds at which each step starts, ascending; the last step has no end.

Histograms are stored by it: to change it takes a rebuild of them all.
"""


def step_of(seconds: int) -> int:
    """Return the step that a duration of whole seconds falls into, 1 for the first.

    PostgreSQL's ``width_bucket(seconds, SCALE)`` is the same.
    """
    return bisect_right(SCALE, seconds)


def seconds_within(step: int) -> int:
    """Return the longest duration of a step, in seconds; of the last its shortest."""
    return SCALE[step] - 1 if step < len(SCALE) else SCALE[-1]
