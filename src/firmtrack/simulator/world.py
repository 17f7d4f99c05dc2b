"""A small Great Britain: its suppliers' homes, and the devices and hubs in them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import cycle

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.simulator.chance import stream
from firmtrack.simulator.courses import Course
from firmtrack.simulator.models import DeviceKind, Model, models_of

DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
"""DCC's access control broker, as in DCC's test systems: target of requests, sender of alerts."""

COMMISSIONED, SUSPENDED = "Commissioned", "Suspended"
"""Statuses of devices, as DCC's inventory writes them."""


class Region(StrEnum):
    """A region of a communications service provider, as DCC's inventory writes it."""

    NORTH = "North"
    CENTRAL = "Central"
    SOUTH = "South"
    NORTH_4G = "4G North"
    CENTRAL_4G = "4G Central"
    SOUTH_4G = "4G South"
    SMETS1 = "SMETS1"


class Clock(StrEnum):
    """How well a device's clock keeps time."""

    RIGHT = "right"
    FAST = "fast"
    SLOW = "slow"
    NEVER_SET = "never set"


_REGION_SHARES = {
    Region.NORTH: 0.26,
    Region.CENTRAL: 0.28,
    Region.SOUTH: 0.28,
    Region.NORTH_4G: 0.05,
    Region.CENTRAL_4G: 0.06,
    Region.SOUTH_4G: 0.07,
}

_CLOCK_SHARES = {Clock.RIGHT: 0.90, Clock.FAST: 0.03, Clock.SLOW: 0.03, Clock.NEVER_SET: 0.04}
# A clock that was never set began to run here, as those of DCC's reference devices did.
_FACTORY_TIME = datetime(2015, 1, 1, tzinfo=UTC)
_CLOCK_ERRORS = {Clock.FAST: timedelta(hours=3, minutes=20), Clock.SLOW: timedelta(days=-2)}

# How often a home has each device, besides its electricity meter and its hub.
_IN_A_HOME = {DeviceKind.GSME: 0.8, DeviceKind.PPMID: 0.6, DeviceKind.HCALCS: 0.08}
_DUAL_FUEL_SHARE = 0.8

HUB_VERSIONS = (FirmwareVersion("00070001"),) * 4 + (FirmwareVersion("00070000"),)
"""What hubs run: of each five one has missed the last version."""

_TRACKED = (DeviceKind.ESME, DeviceKind.GSME, DeviceKind.PPMID, DeviceKind.HCALCS)
_NOT_TRACKED_REASONS = {
    DeviceKind.CHF: "comms_hub",
    DeviceKind.GPF: "comms_hub",
    DeviceKind.IHD: "type_2",
    DeviceKind.CAD: "type_2",
}


@dataclass(frozen=True, slots=True)
class Home:
    """A home: its Communications Hub, where it is, who supplied it first, and what is in it.

    ``devices`` leaves out the hub; ``comms_hub_version`` is the firmware version that it runs.
    """

    comms_hub_id: Eui64
    region: Region
    import_supplier: Eui64
    gas_supplier: Eui64
    comms_hub_version: FirmwareVersion
    devices: list["Device"] = field(default_factory=list, compare=False)

    def supplier_of(self, kind: DeviceKind) -> Eui64:
        """Return the supplier that is responsible for the home's device of this kind."""
        return (
            self.gas_supplier
            if kind in {DeviceKind.GSME, DeviceKind.GPF}
            else (self.import_supplier)
        )


@dataclass(slots=True, eq=False)
class Device:
    """A device in a home.

    ``busy_until`` is when the last message about an update of it will have been sent;
    ``image_hashes`` are those of all images that requests meant for it.
    ``running`` is the firmware version that it runs, ``listed`` the one that DCC's inventory holds,
    ``status`` its status there. It ``awaits_new_image`` from a supplier that has taken it over.
    """

    device_id: Eui64
    model: Model
    home: Home
    is_smets1: bool = False
    busy_until: datetime | None = None
    awaits_new_image: bool = False
    clock: Clock = Clock.RIGHT
    image_hashes: set[bytes] = field(default_factory=set)
    running: Course[FirmwareVersion] = field(init=False)
    listed: Course[FirmwareVersion] = field(init=False)
    status: Course[str] = field(init=False)
    supplier: Course[Eui64] = field(init=False)

    def __post_init__(self) -> None:
        self.running = Course(self.model.firmware_version)
        self.listed = Course(self.model.firmware_version)
        self.status = Course(COMMISSIONED)
        self.supplier = Course(self.home.supplier_of(self.kind))

    @property
    def kind(self) -> DeviceKind:
        """Its type."""
        return self.model.kind

    @property
    def smets_version(self) -> str:
        """Its version of SMETS, as DCC's inventory writes it."""
        return "SMETS1" if self.is_smets1 else self.model.smets_version

    @property
    def not_tracked_reason(self) -> str | None:
        """Why updates of it are not tracked, None if they are."""
        return "smets1" if self.is_smets1 else _NOT_TRACKED_REASONS.get(self.kind)

    def time_on_its_clock(self, moment: datetime) -> datetime:
        """Return what the device's own clock says at ``moment``."""
        if self.clock is Clock.NEVER_SET:
            return _FACTORY_TIME + timedelta(minutes=moment.minute, seconds=moment.second)
        return moment + _CLOCK_ERRORS.get(self.clock, timedelta())

    def keep_busy(self, until: datetime) -> None:
        """Let messages about an update or activation be still to come until then."""
        self.busy_until = until if self.busy_until is None else max(self.busy_until, until)

    def is_busy_at(self, moment: datetime) -> bool:
        """Return whether messages about an earlier update are still to come at ``moment``."""
        return self.busy_until is not None and self.busy_until >= moment


class World:
    """All homes and devices, built as they are needed.

    ``hub_versions`` is what hubs run, as many each.
    """

    def __init__(
        self,
        seed: int,
        suppliers: tuple[Eui64, ...],
        hub_versions: Sequence[FirmwareVersion] = HUB_VERSIONS,
    ) -> None:
        self.suppliers = suppliers
        self._hub_versions = hub_versions
        self._chance = stream(seed, "world")
        self._eui_offset = self._chance.getrandbits(40)
        self._made = 0
        self._waiting: dict[tuple[Model, Eui64], list[Device]] = defaultdict(list)
        self._moved: dict[tuple[Model, Eui64], list[Device]] = defaultdict(list)

    def untouched(self, model: Model, supplier: Eui64, count: int) -> list[Device]:
        """Return ``count`` tracked devices of ``model`` that no request has named yet."""
        waiting = self._waiting[model, supplier]
        while len(waiting) < count:
            self._build_home(model, supplier)
        taken, waiting[:] = waiting[:count], waiting[count:]
        return taken

    def await_new_image(self, device: Device) -> None:
        """Let the supplier that has taken the device over send it an image of its own."""
        device.awaits_new_image = True
        self._moved[device.model, device.supplier.last].append(device)

    def came(self, model: Model, supplier: Eui64, at: datetime) -> list[Device]:
        """Return the devices that ``supplier`` has taken over to update and that are not busy."""
        return [one for one in self._moved[model, supplier] if not one.is_busy_at(at)]

    def fresh(self, model: Model, supplier: Eui64, count: int, at: datetime) -> list[Device]:
        """Return ``count`` tracked devices of ``model`` that ``supplier`` has not named yet.

        First those that came to it from another supplier and are not busy at ``at``.
        """
        came = self.came(model, supplier, at)[:count]
        for device in came:
            device.awaits_new_image = False
            self._moved[model, supplier].remove(device)
        return came + self.untouched(model, supplier, count - len(came))

    def furnished(self, home: Home, count: int) -> list[Device]:
        """Return the home's hub and ``count`` more devices, brought there as they are missing."""
        kinds = cycle((DeviceKind.GPF, DeviceKind.IHD, DeviceKind.CAD, DeviceKind.IHD))
        while len(home.devices) < count:
            model = models_of(next(kinds))[0]
            home.devices.append(Device(self._next_eui(model.eui_prefix), model, home))
        hub = Device(home.comms_hub_id, models_of(DeviceKind.CHF)[0], home)
        return [hub, *home.devices[:count]]

    def out_of_scope(self, supplier: Eui64) -> Device:
        """Return a new device of ``supplier``'s that is not tracked: hub, Type 2 or SMETS1."""
        home = self._home_of(supplier)
        kind = self._chance.choice(
            (DeviceKind.CHF, DeviceKind.GPF, DeviceKind.IHD, DeviceKind.CAD, DeviceKind.ESME)
        )
        model = self._chance.choice(models_of(kind))
        if kind is DeviceKind.ESME:
            old = replace(home, region=Region.SMETS1, devices=[])
            return Device(self._next_eui(model.eui_prefix), model, old, is_smets1=True)
        if kind is DeviceKind.CHF:
            return Device(home.comms_hub_id, model, home)
        return Device(self._next_eui(model.eui_prefix), model, home)

    def unknown_device_id(self) -> Eui64:
        """Return the ID of a device that is in nobody's inventory: a mistyped one."""
        return self._next_eui(0x02DEAD)

    def _build_home(self, wanted: Model, supplier: Eui64) -> None:
        home = self._home_of(supplier, of_kind=wanted.kind)
        for kind in _TRACKED:
            if kind is wanted.kind:
                model = wanted
            elif kind is DeviceKind.ESME or self._chance.random() < _IN_A_HOME[kind]:
                model = self._chance.choice(models_of(kind))
            else:
                continue
            (clock,) = self._chance.choices(list(_CLOCK_SHARES), list(_CLOCK_SHARES.values()))
            device = Device(self._next_eui(model.eui_prefix), model, home, clock=clock)
            home.devices.append(device)
            self._waiting[model, home.supplier_of(kind)].append(device)

    def _home_of(self, supplier: Eui64, of_kind: DeviceKind = DeviceKind.ESME) -> Home:
        other = supplier
        if self._chance.random() >= _DUAL_FUEL_SHARE:
            other = self._chance.choice(self.suppliers)
        is_gas = of_kind is DeviceKind.GSME
        (region,) = self._chance.choices(list(_REGION_SHARES), list(_REGION_SHARES.values()))
        comms_hub_id = self._next_eui(models_of(DeviceKind.CHF)[0].eui_prefix)
        return Home(
            comms_hub_id=comms_hub_id,
            region=region,
            import_supplier=other if is_gas else supplier,
            gas_supplier=supplier if is_gas else other,
            comms_hub_version=self._hub_versions[comms_hub_id % len(self._hub_versions)],
        )

    def _next_eui(self, prefix: int) -> Eui64:
        # An odd factor makes a permutation of the 40-bit numbers: scattered, and never twice.
        self._made += 1
        number = (self._made * 0x9E3779B97F + self._eui_offset) % 2**40
        return Eui64(prefix << 40 | number)
