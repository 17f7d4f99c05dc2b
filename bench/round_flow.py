"""What waits, and for how long, where so much comes and so much can be taken in each step."""

from dataclasses import dataclass

import numpy as np

from bench.round_traffic import STEP_SECONDS, Numbers


@dataclass(frozen=True, slots=True)
class Flow:
    """A queue of which the first is taken first: all that has come, and all that was taken."""

    come: Numbers
    taken: Numbers

    @property
    def waiting(self) -> Numbers:
        """How many wait at the end of each step."""
        return self.come - self.taken

    @property
    def longest_wait_seconds(self) -> float:
        """How long after it came the one was taken that waited longest, to within a step."""
        steps = np.arange(1, len(self.come) + 1) * float(STEP_SECONDS)
        is_new = np.diff(self.come, prepend=0) > 0
        # The moment at which as many had been taken as had come by then.
        place = np.searchsorted(self.taken, self.come - _LITTLE)
        waits = steps[np.minimum(place, len(steps) - 1)] - steps
        return float(waits[is_new].max())


_LITTLE = 1e-3


def flow(come: Numbers, can_take: Numbers) -> Flow:
    """Return how messages flow that come so in each step, where so many can be taken in each."""
    total = np.cumsum(come)
    # What is behind is what has come, less what could be taken since the queue was last empty.
    surplus = np.cumsum(come - can_take)
    waiting = surplus - np.minimum(np.minimum.accumulate(surplus), 0)
    return Flow(total, total - waiting)
