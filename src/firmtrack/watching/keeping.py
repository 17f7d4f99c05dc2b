"""An answer kept for a moment, so that any number may ask, and what it costs stays the same."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class Kept(Generic[_Value]):
    """What ``make`` returned, made anew when it is older than ``seconds``.

    One thread at a time makes it; others meanwhile have the last, unless there was none.
    """

    def __init__(self, make: Callable[[], _Value], seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._making = Lock()
        self._last: tuple[float, _Value] | None = None

    def __call__(self) -> _Value:
        """Return it."""
        last = self._last
        if last is not None and not self._is_old(last[0]):
            return last[1]
        if last is not None and not self._making.acquire(blocking=False):
            return last[1]
        if last is None:
            self._making.acquire()
        try:
            last = self._last
            if last is None or self._is_old(last[0]):
                last = self._last = self._made()
            return last[1]
        finally:
            self._making.release()

    def _made(self) -> tuple[float, _Value]:
        value = self._make()
        return time.monotonic(), value

    def _is_old(self, made_at: float) -> bool:
        return time.monotonic() - made_at >= self._seconds
