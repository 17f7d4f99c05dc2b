"""A small Great Britain: its suppliers' homes, and the devices and hubs in them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.simulator.chance import stream

DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
"""DCC's access control broker, as in DCC's test systems: target of requests, sender of alerts."""

OUTSIDE_SUPPLIER = Eui64.parse("90-B3-D5-1F-30-0F-00-00")
"""A supplier whose own requests are not in the traffic: others only hear of what it does."""


class DeviceKind(StrEnum):
    """A type of device, as DCC's inventory writes it."""

    ESME = "ESME"
    GSME = "GSME"
    PPMID = "PPMID"
    HCALCS = "HCALCS"
    CHF = "CHF"
    GPF = "GPF"
    IHD = "IHD"
    CAD = "CAD"


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


@dataclass(frozen=True, slots=True)
class Model:
    """A certified model of device; ``eui_prefix`` is its manufacturer's, 24 bits."""

    manufacturer: str
    manufacturer_code: int
    eui_prefix: int
    name: str
    kind: DeviceKind
    image_type: int
    hardware_versions: tuple[int, int]
    smets_version: str
    gbcs_version: str
    firmware_version: FirmwareVersion

    @property
    def images_have_trailer(self) -> bool:
        """Whether its images end in a signature: all but those of PPMIDs do."""
        return self.kind is not DeviceKind.PPMID


def _model(
    maker: tuple[str, int, int], name: str, kind: DeviceKind, image_type: int, version: str
) -> Model:
    # Prefixes have the "locally administered" bit: no real manufacturer owns them.
    return Model(
        manufacturer=maker[0],
        manufacturer_code=maker[1],
        eui_prefix=maker[2],
        name=name,
        kind=kind,
        image_type=image_type,
        hardware_versions=(0x0101, 0x0203),
        smets_version="5.1",
        gbcs_version="4.1",
        firmware_version=FirmwareVersion(version),
    )


_CALDER = ("Calder Metering", 0x10D1, 0x02CA1D)
_FENWICK = ("Fenwick & Hale", 0x10D2, 0x02FE17)
_TAMAR = ("Tamar Instruments", 0x10D3, 0x027A3A)
_ORWELL = ("Orwell Home Systems", 0x10D4, 0x020A31)

MODELS = (
    _model(_CALDER, "E470-SX", DeviceKind.ESME, 0x0001, "01020304"),
    _model(_FENWICK, "FH-1P", DeviceKind.ESME, 0x0001, "0A000107"),
    _model(_TAMAR, "Tamar 3E", DeviceKind.ESME, 0x0001, "00030012"),
    _model(_CALDER, "G4-SX", DeviceKind.GSME, 0x0002, "01010209"),
    _model(_TAMAR, "Tamar 3G", DeviceKind.GSME, 0x0002, "00030008"),
    _model(_ORWELL, "Hearth 2", DeviceKind.PPMID, 0x0003, "02000011"),
    _model(_FENWICK, "FH-PD", DeviceKind.PPMID, 0x0003, "0A000031"),
    _model(_ORWELL, "Switch 5", DeviceKind.HCALCS, 0x0004, "02000005"),
    _model(_CALDER, "L100", DeviceKind.HCALCS, 0x0004, "01010101"),
    _model(_TAMAR, "Hub 7", DeviceKind.CHF, 0x0005, "00070001"),
    _model(_TAMAR, "Hub 7 gas proxy", DeviceKind.GPF, 0x0006, "00070001"),
    _model(_ORWELL, "Glance", DeviceKind.IHD, 0x0007, "02000002"),
    _model(_ORWELL, "Bridge", DeviceKind.CAD, 0x0008, "02000003"),
)

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

_TRACKED = (DeviceKind.ESME, DeviceKind.GSME, DeviceKind.PPMID, DeviceKind.HCALCS)
_NOT_TRACKED_REASONS = {
    DeviceKind.CHF: "comms_hub",
    DeviceKind.GPF: "comms_hub",
    DeviceKind.IHD: "type_2",
    DeviceKind.CAD: "type_2",
}


@dataclass(frozen=True, slots=True)
class Home:
    """A home: its Communications Hub, where it is, and who supplies it."""

    comms_hub_id: Eui64
    region: Region
    import_supplier: Eui64
    gas_supplier: Eui64

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

    ``busy_until`` is when the last word about an update of it will have been said;
    ``image_hashes`` are those of all images that requests meant for it.
    """

    device_id: Eui64
    model: Model
    home: Home
    is_smets1: bool = False
    busy_until: datetime | None = None
    clock: Clock = Clock.RIGHT
    image_hashes: set[bytes] = field(default_factory=set)

    @property
    def kind(self) -> DeviceKind:
        """Its type."""
        return self.model.kind

    @property
    def not_tracked_reason(self) -> str | None:
        """Why updates of it are not tracked, None if they are."""
        return "smets1" if self.is_smets1 else _NOT_TRACKED_REASONS.get(self.kind)

    def time_on_its_clock(self, moment: datetime) -> datetime:
        """Return what the device's own clock says at ``moment``."""
        if self.clock is Clock.NEVER_SET:
            return _FACTORY_TIME + timedelta(minutes=moment.minute, seconds=moment.second)
        return moment + _CLOCK_ERRORS.get(self.clock, timedelta())

    def is_busy_at(self, moment: datetime) -> bool:
        """Return whether word of an earlier update is still to come at ``moment``."""
        return self.busy_until is not None and self.busy_until >= moment


class World:
    """All homes and devices, built as they are needed."""

    def __init__(self, seed: int, suppliers: tuple[Eui64, ...]) -> None:
        self.suppliers = suppliers
        self._chance = stream(seed, "world")
        self._eui_offset = self._chance.getrandbits(40)
        self._made = 0
        self._waiting: dict[tuple[Model, Eui64], list[Device]] = defaultdict(list)

    def untouched(self, model: Model, supplier: Eui64, count: int) -> list[Device]:
        """Return ``count`` tracked devices of ``model`` that no request has named yet."""
        waiting = self._waiting[model, supplier]
        while len(waiting) < count:
            self._build_home(model, supplier)
        taken, waiting[:] = waiting[:count], waiting[count:]
        return taken

    def out_of_scope(self, supplier: Eui64) -> Device:
        """Return a new device of ``supplier``'s that is not tracked: hub, Type 2 or SMETS1."""
        home = self._home_of(supplier)
        kind = self._chance.choice(
            (DeviceKind.CHF, DeviceKind.GPF, DeviceKind.IHD, DeviceKind.CAD, DeviceKind.ESME)
        )
        model = self._chance.choice(models_of(kind))
        if kind is DeviceKind.ESME:
            old = Home(home.comms_hub_id, Region.SMETS1, home.import_supplier, home.gas_supplier)
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
            self._waiting[model, home.supplier_of(kind)].append(device)

    def _home_of(self, supplier: Eui64, of_kind: DeviceKind = DeviceKind.ESME) -> Home:
        other = supplier
        if self._chance.random() >= _DUAL_FUEL_SHARE:
            other = self._chance.choice(self.suppliers)
        is_gas = of_kind is DeviceKind.GSME
        (region,) = self._chance.choices(list(_REGION_SHARES), list(_REGION_SHARES.values()))
        hub = models_of(DeviceKind.CHF)[0]
        return Home(
            comms_hub_id=self._next_eui(hub.eui_prefix),
            region=region,
            import_supplier=other if is_gas else supplier,
            gas_supplier=supplier if is_gas else other,
        )

    def _next_eui(self, prefix: int) -> Eui64:
        # An odd factor makes a permutation of the 40-bit numbers: scattered, and never twice.
        self._made += 1
        number = (self._made * 0x9E3779B97F + self._eui_offset) % 2**40
        return Eui64(prefix << 40 | number)


def models_of(kind: DeviceKind) -> tuple[Model, ...]:
    """Return the models of one type of device."""
    return _MODELS_OF[kind]


_MODELS_OF = {kind: tuple(m for m in MODELS if m.kind is kind) for kind in DeviceKind}
