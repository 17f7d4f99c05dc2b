"""The demonstration's world, which goes on for as long as anyone looks at it.

All that happens follows from when it began: imagined again it is the same, message by message. So
nothing of it is kept, and a server that comes back knows what happened meanwhile.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple, TypeAlias

from firmtrack.demonstration import estate
from firmtrack.demonstration.desks import Desks
from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator import inventories
from firmtrack.simulator.activations import Activations
from firmtrack.simulator.chance import stream
from firmtrack.simulator.change_of_supplier import ChangesOfSupplier
from firmtrack.simulator.journeys import Journeys
from firmtrack.simulator.post import Post, SentMessage
from firmtrack.simulator.responsibility import HubRow, SupplierRow
from firmtrack.simulator.scenario import DEFAULT_SUPPLIERS
from firmtrack.simulator.world import Device, World

EDITION = 1
"""To be raised with whatever changes what happens: data of an earlier one would contradict it."""

HISTORY = timedelta(days=21)
"""How long the world has been going on when a demonstration is made."""

_SEED = 2
_ASKED_EVERY = timedelta(hours=3, minutes=30)
_ASKED_WITHIN = timedelta(minutes=40)
_READ_EVERY = timedelta(seconds=50)
_IMPORTED_AFTER = timedelta(hours=9)
_LIFE = timedelta(days=3_640)
_SENT_AGAIN_AFTER = timedelta(hours=2)
# Readings of the inventory have counters of their own: they are left out while nobody looks.
_READING_COUNTERS = 10**13


class Pause(NamedTuple):
    """A time in which nobody asked for anything, since no server was there for too long."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """A message as it is handed in; not ``is_whole``: it is cut short."""

    message: SentMessage
    is_whole: bool = True


Happening: TypeAlias = Sending | SupplierRow
"""What is handed in: a message, or a row of DCC's inventory that an operator imports."""


@dataclass(frozen=True, slots=True, order=True)
class Arrival:
    """What is handed in at that time; ``number`` tells two of one time apart."""

    at: datetime
    number: int
    happening: Happening


class DemonstrationWorld:
    """A world that began then; it is asked for one stretch of time after the other."""

    def __init__(self, began_at: datetime, pauses: Sequence[Pause] = ()) -> None:
        self.began_at = began_at
        self._pauses = tuple(pauses)
        # Counters begin where those of other simulated traffic do not.
        counters = count(stream(_SEED, "counters").randrange(10**6, 10**12))
        world = World(_SEED, DEFAULT_SUPPLIERS, estate.HUB_VERSIONS)
        self._post = Post(began_at + _LIFE, counters)
        self._desks = Desks(_SEED, world, counters)
        troubles = estate.troubles_of(began_at)
        self._journeys = Journeys(_SEED, self._post, troubles, estate.OUTCOME_SHARES)
        share = estate.CHANGE_OF_SUPPLIER_SHARE
        self._changes = ChangesOfSupplier(_SEED, world, self._post, share)
        share = estate.ACTIVATED_SHARE
        self._activations = Activations(_SEED, self._post, share, estate.PLOT_SHARES)
        self._all_devices = tuple(self._desks.devices())
        self._numbers = count()
        self._to_come: list[Arrival] = []
        self._asked = 0
        self._moved = 0

    def first_rows(self) -> Iterator[SupplierRow | HubRow]:
        """Yield what DCC's inventory holds when the world begins: every device and hub."""
        hubs: set[Eui64] = set()
        for device in self._all_devices:
            home = device.home
            yield SupplierRow(device, home.supplier_of(device.kind), self.began_at)
            if home.comms_hub_id not in hubs:
                hubs.add(home.comms_hub_id)
                yield HubRow(home, self.began_at)

    def until(self, moment: datetime, *, read_since: datetime | None = None) -> list[Arrival]:
        """Return what is handed in after what was returned before, up to ``moment``, in order.

        From ``read_since`` on suppliers also read DCC's inventory, every minute or so: by default
        they do not.
        """
        while (at := self._time_of_request(self._asked)) <= moment:
            self._ask(at)
            self._asked += 1
        if read_since is not None:
            self._read_inventory(read_since, moment)
        arrived = []
        while self._to_come and self._to_come[0].at <= moment:
            arrived.append(heapq.heappop(self._to_come))
        return arrived

    def _time_of_request(self, place: int) -> datetime:
        chance = stream(_SEED, "time of request", place)
        within = chance.randrange(int(_ASKED_WITHIN.total_seconds()))
        return self.began_at + place * _ASKED_EVERY + timedelta(minutes=5, seconds=within)

    def _ask(self, at: datetime) -> None:
        """Let a supplier ask for an update, and all happen that comes of it."""
        if any(pause.since < at <= pause.until for pause in self._pauses):
            return
        update = self._desks.write(self._asked, at)
        if update is None:
            return
        self._journeys.carry_out(update)
        self._changes.during(update)
        self._activations.after(update)
        for message in self._post.messages:
            self._hand_in(message)
        self._post.messages.clear()
        for move in self._changes.moves[self._moved :]:
            self._desks.take_over(move.device, move.supplier)
            row = SupplierRow(move.device, move.supplier, move.at)
            self._add(move.at + _IMPORTED_AFTER, row)
        self._moved = len(self._changes.moves)

    def _hand_in(self, message: SentMessage) -> None:
        since = message.sent_at - self.began_at
        if estate.QUARANTINED.since <= since < estate.QUARANTINED.until:
            self._add(message.sent_at, Sending(message, is_whole=False))
            self._add(message.sent_at + _SENT_AGAIN_AFTER, Sending(message))
        else:
            self._add(message.sent_at, Sending(message))

    def _add(self, at: datetime, happening: Happening) -> None:
        heapq.heappush(self._to_come, Arrival(at, next(self._numbers), happening))

    def _read_inventory(self, since: datetime, until: datetime) -> None:
        """Let suppliers read one device after another in DCC's inventory (8.2)."""
        first = (since - self.began_at) // _READ_EVERY + 1
        for place in range(first, (until - self.began_at) // _READ_EVERY + 1):
            at = self.began_at + place * _READ_EVERY
            device: Device = stream(_SEED, "reading", place).choice(self._all_devices)
            post = Post(until, count(_READING_COUNTERS + 10 * place))
            inventories.read_inventory([device], device.supplier.as_of(at), at, post)
            for message in post.messages:
                self._add(at, Sending(message))
