"""The inventory before each request: who reads it, adds to it and changes it."""

from datetime import datetime, timedelta

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis import documents as d
from firmtrack.simulator import inventories
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import Deck, stream
from firmtrack.simulator.inventories import INSTALLED_NOT_COMMISSIONED
from firmtrack.simulator.outcomes import DeviceRefusal
from firmtrack.simulator.post import Post
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.updates import Named, SentUpdate
from firmtrack.simulator.world import COMMISSIONED, Device, World


class InventoryTraffic:
    """Lets suppliers read and change the inventory before they ask for an update.

    ``not_tracked`` (device to reason) is what the tracker should make of it.
    """

    def __init__(self, scenario: Scenario, world: World, post: Post) -> None:
        self.not_tracked: dict[Eui64, str] = {}
        self._start = scenario.first_second
        self._world = world
        self._post = post
        self._chance = stream(scenario.seed, "inventory")
        self._answers = Deck(o.INVENTORY_ANSWER_SHARES, o.ANSWERS_IN_A_DECK, self._chance)

    def before(self, update: SentUpdate) -> None:
        """Let the supplier read some devices before it asks, and all that are out of scope."""
        for named in update.named:
            device = named.device
            if device is None:
                continue
            at = self._before(update)
            self._commission(named, at)
            is_read = self._chance.random() < o.INVENTORY_READ_SHARE
            if is_read or device.not_tracked_reason is not None:
                self._read(device, update.supplier, at)
            if self._chance.random() < o.PRE_NOTIFIED_SHARE:
                code = self._answers.draw()
                asked_at = self._before(update)
                inventories.pre_notify(device, update.supplier, asked_at, self._post, code)
            if self._chance.random() < o.DELIVERED_WITH_IT_SHARE:
                self._find_it_there(named, update)
            if self._chance.random() < o.INVENTORY_UPDATED_SHARE:
                self._update_inventory(device, update.supplier, self._before(update))
        for _ in range(max(1, round(o.WHOLE_HOME_READ_SHARE * len(update.named)))):
            self._read_whole_home(update)

    def _commission(self, named: Named, at: datetime) -> None:
        """Let the inventory agree with DCC's answer about which devices are commissioned."""
        assert named.device is not None
        status = named.device.status
        if named.refusal is DeviceRefusal.NOT_COMMISSIONED:
            status.change(at, INSTALLED_NOT_COMMISSIONED)
        elif status.as_of(at) == INSTALLED_NOT_COMMISSIONED:
            status.change(at, COMMISSIONED)

    def _read(self, device: Device, user: Eui64, at: datetime) -> None:
        """Let the user read a device and its Communications Hub."""
        hub = self._world.furnished(device.home, 0)
        has_hub = hub[0].device_id != device.device_id and not device.is_smets1
        self._read_inventory([device, *hub] if has_hub else [device], user, at)

    def _read_whole_home(self, update: SentUpdate) -> None:
        """Let the supplier read all that is on one hub: as many devices as an answer may hold."""
        homes = [
            one.device.home
            for one in update.named
            if one.device is not None and not one.device.is_smets1
        ]
        if homes:
            home = self._chance.choice(homes)
            count = self._chance.choice((o.MOST_DEVICES_OF_AN_INVENTORY - 1, 5, len(home.devices)))
            devices = self._world.furnished(home, count)
            self._read_inventory(devices, update.supplier, self._before(update))

    def _read_inventory(self, devices: list[Device], user: Eui64, at: datetime) -> None:
        if inventories.read_inventory(devices, user, at, self._post) is None:
            return
        for device in devices:
            if device.not_tracked_reason is not None:
                self.not_tracked[device.device_id] = device.not_tracked_reason

    def _find_it_there(self, named: Named, update: SentUpdate) -> None:
        """Let a device say that it runs what it is about to be sent."""
        device = named.device
        if device is not None and device.image_hashes == {update.image_hash}:
            device.running.change(self._start, update.image.firmware_version)
            inventories.read_version(device, update.supplier, self._before(update), self._post)

    def _update_inventory(self, device: Device, user: Eui64, at: datetime) -> None:
        """Let the user ask for a change of the inventory (8.4)."""
        changes: tuple[d.InventoryChange, ...] = (
            inventories.details_of(device, at),
            d.UpdateDeviceStatus(device_status="Pending"),
            d.DeleteDevice(),
        )
        change, code = self._chance.choice(changes), self._answers.draw()
        inventories.update_inventory(device, change, user, at, self._post, code)

    def _before(self, update: SentUpdate) -> datetime:
        moment = update.submitted_at - timedelta(seconds=self._chance.randrange(2 * 86_400))
        return max(moment, self._start)
