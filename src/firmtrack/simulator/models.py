"""The models of devices that there are, and who makes them."""

from dataclasses import dataclass
from enum import StrEnum

from firmtrack.domain.identifiers import FirmwareVersion


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


def models_of(kind: DeviceKind) -> tuple[Model, ...]:
    """Return the models of one type of device."""
    return _MODELS_OF[kind]


_MODELS_OF = {kind: tuple(m for m in MODELS if m.kind is kind) for kind in DeviceKind}
