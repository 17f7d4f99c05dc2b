"""Changes of supplier while an update is under way, and what the new supplier makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis import documents as d
from firmtrack.simulator import plots
from firmtrack.simulator.chance import Deck, stream
from firmtrack.simulator.correspondence import dcc_alert
from firmtrack.simulator.models import DeviceKind
from firmtrack.simulator.post import Post
from firmtrack.simulator.statements import Statement
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import Device, World

# Which code tells of it is not public: the schema allows any.
_SUPPLIER_CHANGED = "N27"
_METERS = frozenset({DeviceKind.ESME, DeviceKind.GSME})


@dataclass(frozen=True, slots=True)
class Move:
    """A device goes from one supplier to another."""

    device: Device
    supplier: Eui64
    at: datetime


class ChangesOfSupplier:
    """Moves a ``share`` of the meters to another supplier in mid-distribution.

    ``moves`` are all of these. The message tells the supplier that loses the meter, and not who
    gains it.
    """

    def __init__(
        self,
        seed: int,
        world: World,
        post: Post,
        share: float = plots.CHANGE_OF_SUPPLIER_SHARE,
    ) -> None:
        self.moves: list[Move] = []
        self._world = world
        self._post = post
        self._chance = stream(seed, "changes of supplier")
        self._is_moved = Deck({True: share, False: 1 - share}, plots.METERS_IN_A_DECK, self._chance)
        self._is_anew = cycle((False, True))

    def during(self, update: SentUpdate) -> None:
        """Move some of the devices of a request that is under way."""
        if update.model.kind not in _METERS:
            return
        others = [one for one in self._world.suppliers if one != update.supplier]
        for named in update.accepted():
            device = named.device
            if device is not None and _may_move(device, update) and self._is_moved.draw():
                self._move(device, update, others)

    def _move(self, device: Device, update: SentUpdate, others: Sequence[Eui64]) -> None:
        assert device.busy_until is not None
        seconds = int((device.busy_until - update.submitted_at).total_seconds())
        at = update.submitted_at + timedelta(seconds=self._chance.randrange(1, max(2, seconds)))
        at = self._post.statements.free_second([device.device_id], at)
        body = d.DeviceChangeOfSupplier(
            device_id=device.device_id,
            device_type=device.kind,
            import_mpxn=str(10**12 + self._chance.randrange(10**12)),
        )
        alert = dcc_alert(update.supplier, _SUPPLIER_CHANGED, at, body, self._post)
        states = [Statement(device.device_id, at, {"device_type": device.kind})]
        if not self._post.send(at, alert, states=states):
            return
        supplier = self._chance.choice(others)
        device.supplier.change(at, supplier)
        self.moves.append(Move(device, supplier, at))
        if next(self._is_anew):
            self._world.await_new_image(device)


def _may_move(device: Device, update: SentUpdate) -> bool:
    """Return whether an update of the device is known to be under way, and it never moved yet."""
    is_with_its_first = device.supplier.last == device.home.supplier_of(device.kind)
    return is_with_its_first and device.is_busy_at(update.submitted_at)
