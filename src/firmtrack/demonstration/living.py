"""The demonstration goes on: what happens in its world is handed in as it happens.

Of all processes that serve, one does it, for as long as it lives; then another takes over. Should
two do it for a while, what one hands in is a duplicate of the other's. It has the world from the
process that prepared the demonstration, whose copy it is.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from threading import Event

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.side_parts import UNTOLD, side_part
from firmtrack.demonstration import handing_in, trying
from firmtrack.demonstration.handing_in import Hands
from firmtrack.demonstration.world import Arrival, DemonstrationWorld
from firmtrack.store.database import FAILURES, note_failure, pool
from firmtrack.store.locks import Lease, Task

LOOK_SECONDS = 10.0
"""How long after one look the next one is."""

_FAILED_SECONDS = 60.0
_LEASE_SECONDS = 60.0
_MOST_AT_ONCE = 500
_READ_BACK = timedelta(hours=1)
"""Of a longer absence, as of a machine that slept, the readings of the inventory are left out."""


class _Kept:
    """The world that this process's parent prepared, None if that stands still."""

    world: DemonstrationWorld | None = None


def keep(world: DemonstrationWorld | None) -> None:
    """Have the world go on in the processes that this one begins from now on."""
    _Kept.world = world


class Life:
    """Hands in what happens until ``stopping`` is set, unless another process does."""

    def __init__(self, stopping: Event, look_seconds: float = LOOK_SECONDS) -> None:
        self._stopping = stopping
        self._look_seconds = look_seconds
        self._waiting: deque[Arrival] = deque()
        self._lease = Lease(Task.DEMONSTRATION, _LEASE_SECONDS)

    def run(self) -> None:
        """Look again and again, until it is over."""
        world = _Kept.world
        is_well = True
        while world is not None and not self._stopping.wait(
            self._look_seconds if is_well else _FAILED_SECONDS
        ):
            is_well = side_part("the demonstration's world", lambda: self._try(world)) is not UNTOLD

    def _try(self, world: DemonstrationWorld) -> None:
        """Do the same unless the database is away: then look again soon."""
        try:
            with pool().connection() as connection:
                if self._lease.is_ours(connection):
                    try:
                        self._go_on(connection, world)
                    finally:
                        self._lease.end(connection)
        except FAILURES as error:
            note_failure(error, "The demonstration's world")

    def _go_on(self, connection: Connection[TupleRow], world: DemonstrationWorld) -> None:
        hands = Hands()
        while not self._stopping.is_set() and self._lease.is_ours(connection):
            self.look(connection, world, hands, datetime.now(UTC))
            self._stopping.wait(self._look_seconds)

    def look(
        self,
        connection: Connection[TupleRow],
        world: DemonstrationWorld,
        hands: Hands,
        now: datetime,
    ) -> None:
        """Hand in all that has happened by ``now`` and was not handed in yet."""
        since = handing_in.handed_in_until(connection)
        assert since is not None, "the process that prepared the demonstration noted it"
        read_since = max(since, now - _READ_BACK)
        self._waiting += world.until(now, read_since=read_since)
        while self._waiting and not self._stopping.is_set():
            batch = [self._waiting.popleft() for _ in range(min(_MOST_AT_ONCE, len(self._waiting)))]
            try:
                hands.hand_in([each for each in batch if each.at >= since])
            except BaseException:
                self._waiting.extendleft(reversed(batch))
                raise
        if not self._waiting:
            handing_in.note(connection, now)
        trying.renew_if_due(now)
