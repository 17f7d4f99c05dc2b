"""What many threads want done at once, done together: one commit for all that wait at that moment.

A commit waits for the disk, and while one does, others come. They need not wait for a commit each.
Nor need they wait for one that takes long, because it waits for a lock: then each is done alone.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class _Call(Generic[_Item, _Result]):
    """One item that waits, then its result, or what went wrong."""

    __slots__ = ("error", "is_done", "item", "news", "result")

    def __init__(self, item: _Item) -> None:
        self.item = item
        self.is_done = False
        self.result: _Result | None = None
        self.error: Exception | None = None
        self.news = Lock()  # let go when it is done, or when it is its turn to do what waits
        self.news.acquire()

    def answer(self) -> _Result:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # set, unless there is an error


class Together(Generic[_Item, _Result]):
    """A function of one item whose calls in several threads are done by one call for all of them.

    ``do`` gets up to ``most`` items in the order in which they came, and returns their results in
    the same order; all is done when it returns, or nothing. Should it raise for several items, each
    is done for itself, so that a bad one harms no other; but for errors of the classes
    ``all_fail_of``, which say nothing of an item: then all of them fail. Who has waited for
    ``patience_seconds`` while others are done is done for itself, too.
    """

    def __init__(
        self,
        do: Callable[[Sequence[_Item]], Sequence[_Result]],
        *,
        most: int,
        patience_seconds: float = 0.05,
        all_fail_of: tuple[type[Exception], ...] = (),
    ) -> None:
        self._do = do
        self._most = most
        self._patience_seconds = patience_seconds
        self._all_fail_of = all_fail_of
        self._lock = Lock()
        self._waiting: deque[_Call[_Item, _Result]] = deque()
        self._turn: _Call[_Item, _Result] | None = None  # whose thread does what waits

    def __call__(self, item: _Item) -> _Result:
        """Return the item's result, once it is done. Raises what doing it raises."""
        call = _Call[_Item, _Result](item)
        with self._lock:
            self._waiting.append(call)
            if self._turn is None:
                self._give_turn()
        try:
            if not call.news.acquire(timeout=self._patience_seconds):
                if self._waits_no_more(call):
                    self._do_calls([call])
                else:
                    call.news.acquire()
            if not call.is_done:
                self._do_waiting(call)
        finally:
            self._leave(call)
        return call.answer()

    def _waits_no_more(self, call: _Call[_Item, _Result]) -> bool:
        """Return whether the call waited until now, and neither was being done nor has the turn."""
        with self._lock:
            waited = call is not self._turn and call in self._waiting
            if waited:
                self._waiting.remove(call)
            return waited

    def _do_waiting(self, own: _Call[_Item, _Result]) -> None:
        with self._lock:
            calls = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            self._do_calls(calls)
        finally:
            for call in calls:
                if call.is_done and call is not own:
                    call.news.release()
            with self._lock:
                # Whoever does them was interrupted: somebody else's turn.
                self._waiting.extendleft(call for call in reversed(calls) if not call.is_done)

    def _leave(self, call: _Call[_Item, _Result]) -> None:
        """Have no more to do with a call that is done, or whose thread was interrupted."""
        with self._lock:
            if not call.is_done and call in self._waiting:
                self._waiting.remove(call)
            if self._turn is call:
                self._give_turn()

    def _give_turn(self) -> None:
        self._turn = self._waiting[0] if self._waiting else None
        if self._turn is not None:
            self._turn.news.release()

    def _do_calls(self, calls: Sequence[_Call[_Item, _Result]]) -> None:
        try:
            results = self._do([call.item for call in calls])
        except self._all_fail_of as error:
            for call in calls:
                call.error = error
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
