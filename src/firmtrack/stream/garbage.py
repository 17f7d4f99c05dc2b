"""How a process looks for garbage that takes thousands of messages at a time."""

import gc

_MADE_BETWEEN = 100_000


def collect_seldom() -> None:
    """Have it looked for seldom from now on, and not among what is there now, which stays.

    A batch is thousands of objects that are needed to its end: to look through them again and again
    takes a tenth of a worker's time.
    """
    gc.freeze()
    gc.set_threshold(_MADE_BETWEEN)
