"""What many threads want done at once, done together: one commit for all that wait at that moment.

A commit waits for the disk, and while one does, others come. They need not wait for a commit each.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Call(Generic[_Item, _Result]):
    """One item that waits, then its result, or what went wrong."""

    __slots__ = ("error", "is_done", "item", "result")

    def __init__(self, item: _Item) -> None:
        self.item = item
        self.is_done = False
        self.result: _Result | None = None
        self.error: Exception | None = None

    def answer(self) -> _Result:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # set, unless there is an error


class Together(Generic[_Item, _Result]):
    """A function of one item whose calls in several threads are done by one call for all of them.

    ``do`` gets up to ``most`` items in the order in which they came, and returns their results in
    the same order; all is done when it returns, or nothing. Should it raise for several items, each
    is done for itself, so that a bad one harms no other.
    """

    def __init__(self, do: Callable[[Sequence[_Item]], Sequence[_Result]], *, most: int) -> None:
        self._do = do
        self._most = most
        self._waiting: deque[_Call[_Item, _Result]] = deque()
        self._turn = Lock()

    def __call__(self, item: _Item) -> _Result:
        """Return the item's result, once it is done. Raises what doing it raises."""
        call = _Call[_Item, _Result](item)
        self._waiting.append(call)
        while not call.is_done:
            # Whoever gets the turn does all that wait; the others find theirs done.
            with self._turn:
                if not call.is_done:
                    self._do_waiting()
        return call.answer()

    def _do_waiting(self) -> None:
        calls = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            self._do_calls(calls)
        finally:
            # Whoever does them was interrupted: somebody else's turn.
            self._waiting.extendleft(call for call in reversed(calls) if not call.is_done)

    def _do_calls(self, calls: Sequence[_Call[_Item, _Result]]) -> None:
        try:
            results = self._do([call.item for call in calls])
        except Exception as error:  # noqa: BLE001  # handed to who called, below or in its thread
            if len(calls) > 1:
                for call in calls:
                    self._do_calls([call])
                return
            calls[0].error = error
        else:
            for call, result in zip(calls, results, strict=True):
                call.result = result
        for call in calls:
            call.is_done = True
