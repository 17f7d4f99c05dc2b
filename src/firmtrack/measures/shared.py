"""The numbers of all processes of a server: a place for each process, in memory that they share.

The memory is made when this is imported, before the processes that answer are forked; it has no
name, and is gone with them. A process takes a free place when it first counts. The kernel tells
which are free: of each a lock is held for as long as its process lives, however it ends. What an
ended process counted stays, and whoever gets its place goes on from there.
"""

import fcntl
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from mmap import mmap
from tempfile import TemporaryFile
from threading import Lock

from firmtrack.measures.table import OTHER, TABLE, Form, Measure

PLACES = 160
"""For 64 processes, those that follow them while they end, and some more."""

_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Series:
    """What is told of one combination of a measure's labels.

    ``numbers`` is the one number, or a histogram's counts by bound, that above the last, the sum.
    """

    labels: tuple[str, ...]
    numbers: Sequence[float]


class Measures:
    """The measures of a table, counted by any number of processes that are forked after it."""

    def __init__(self, table: Sequence[Measure] = TABLE, places: int = PLACES) -> None:
        self._table = tuple(table)
        self._offsets: dict[tuple[str, tuple[str, ...]], int] = {}
        size = 1  # the first number of a place says that it was ever taken
        for measure in self._table:
            for labels in measure.label_values():
                self._offsets[measure.name, labels] = size
                size += measure.width
        self._size = size
        self._places = places
        self._numbers = memoryview(mmap(-1, places * size * _NUMBER_BYTES)).cast("d")
        self._locks = TemporaryFile()  # noqa: SIM115  # as long as the process; holds no octet
        self._guard = Lock()
        self._begin: int | None = None  # of the own place
        os.register_at_fork(after_in_child=self._leave_to_parent)

    def count(self, measure: Measure, *labels: str, by: float = 1.0) -> None:
        """Count ``by`` more of a counter."""
        offset = self._offset(measure, labels)
        with self._guard:
            self._numbers[self._own() + offset] += by

    def set(self, measure: Measure, *labels: str, to: float) -> None:
        """Say how much a gauge of this process is now."""
        offset = self._offset(measure, labels)
        with self._guard:
            self._numbers[self._own() + offset] = to

    def observe(self, measure: Measure, *labels: str, seconds: float) -> None:
        """Count one more of a histogram, which took so long."""
        offset = self._offset(measure, labels)
        with self._guard:
            begin = self._own() + offset
            self._numbers[begin + bisect_left(measure.bounds, seconds)] += 1.0
            self._numbers[begin + measure.width - 1] += seconds

    def series(self, measure: Measure) -> Iterator[Series]:
        """Yield what all processes together have counted, of each combination of labels."""
        places = self._living() if measure.form is Form.GAUGE else self._ever_taken()
        for labels in measure.label_values():
            offset = self._offsets[measure.name, labels]
            begins = [place * self._size + offset for place in places]
            yield Series(
                labels,
                [
                    sum(self._numbers[begin + number] for begin in begins)
                    for number in range(measure.width)
                ],
            )

    def processes(self) -> int:
        """Return how many processes that have counted anything live."""
        return len(self._living())

    def _offset(self, measure: Measure, labels: tuple[str, ...]) -> int:
        offset = self._offsets.get((measure.name, labels))
        if offset is None:  # the last label is the one that outsiders have a say in
            offset = self._offsets[measure.name, (*labels[:-1], OTHER)]
        return offset

    def _own(self) -> int:
        if self._begin is None:
            place = next(filter(self._take, range(self._places)), None)
            # With none free numbers would go wrong; the first place's count for this process, too.
            self._begin = (place or 0) * self._size
            self._numbers[self._begin] = 1.0
            self._forget_gauges()
        return self._begin

    def _take(self, place: int) -> bool:
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True

    def _forget_gauges(self) -> None:
        """Begin without what the place's former process was like."""
        assert self._begin is not None
        for measure in self._table:
            if measure.form is Form.GAUGE:
                for labels in measure.label_values():
                    self._numbers[self._begin + self._offsets[measure.name, labels]] = 0.0

    def _ever_taken(self) -> list[int]:
        return [place for place in range(self._places) if self._numbers[place * self._size]]

    def _living(self) -> list[int]:
        """Return the places of processes that live."""
        with self._guard:
            own = None if self._begin is None else self._begin // self._size
            living = [] if own is None else [own]
            for place in self._ever_taken():
                if place == own:
                    continue
                if self._take(place):
                    fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, place)
                else:
                    living.append(place)
            return living

    def _leave_to_parent(self) -> None:
        self._guard = Lock()  # which another thread may have held when the process was forked
        self._begin = None


MEASURES = Measures()
