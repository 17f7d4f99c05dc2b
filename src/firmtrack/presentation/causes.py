"""The words for what failures have in common, and the devices of a cause as a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from firmtrack.answers.causes import CauseDevice, CausesAnswer, CauseState, Resending
from firmtrack.answers.counted import Counted
from firmtrack.domain.causes import Attribute, CauseKey, CauseKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.presentation import wording
from firmtrack.presentation.diagnosis_wording import PACE_NAMES
from firmtrack.presentation.documents.inventories import INVENTORY_NAMES
from firmtrack.presentation.files import FORMATS, FileFormat
from firmtrack.presentation.tables import Column, Table
from firmtrack.presentation.times import ago_text

_FEWEST_FOR_A_RATE = 10
_SMALLEST_CROWD = 100
_HASH_DIGITS = 12

ATTRIBUTE_NAMES: Mapping[Attribute, str] = {
    Attribute.DEVICE_TYPE: INVENTORY_NAMES["device_type"],
    Attribute.MANUFACTURER: INVENTORY_NAMES["manufacturer"],
    Attribute.MODEL: INVENTORY_NAMES["model"],
    Attribute.CSP_REGION: INVENTORY_NAMES["csp_region"],
    Attribute.FIRMWARE_VERSION: "Firmware version of the request",
    Attribute.FROM_VERSION: "Firmware version before the update",
    Attribute.COMMS_HUB_MANUFACTURER: "Communications Hub’s manufacturer",
    Attribute.COMMS_HUB_MODEL: "Communications Hub’s model",
    Attribute.COMMS_HUB_FIRMWARE_VERSION: "Communications Hub’s firmware version",
    Attribute.IMAGE_HASH: "Image hash (SHA-256)",
    Attribute.SERVICE_REQUEST_ID: "Service Request ID",
}

KIND_NAMES: Mapping[CauseKind, str] = {
    CauseKind.FAILED: wording.COMPLETION_NAMES[CompletionStatus.FAILED],
    CauseKind.STALLED: PACE_NAMES[Pace.STALLED],
}

STATE_NAMES: Mapping[CauseState, str] = {
    CauseState.OPEN: "Open",
    CauseState.QUIET: "Quiet",
    CauseState.OVER: "Over",
}

STATE_TEXTS: Mapping[CauseState, str] = {
    CauseState.OPEN: "It still does harm: updates have joined it lately, or stand still because "
    "of it.",
    CauseState.QUIET: "No update has joined it lately, but some that have the same in common have "
    "yet to come so far: it may go on.",
    CauseState.OVER: "No update has joined it lately, and none that has the same in common has yet "
    "to come so far.",
}

RESENDING_NAMES: Mapping[Resending, str] = {
    Resending.SEND: "Yes",
    Resending.OPEN: "No: a request may be open",
    Resending.DONE: "No: updated since",
    Resending.REMEDY_FIRST: "No: remedy first",
    Resending.UNSURE: "No: see its own page",
}
"""Whether a device is in the new device list, and if not, why, in a few words."""

LEFT_OUT_TEXTS: Mapping[Resending, str] = {
    Resending.OPEN: "A request that names the device may still be open: DCC would probably leave "
    "the device out of another.",
    Resending.DONE: "A later update of the device is Successful: it needs no other.",
    Resending.REMEDY_FIRST: "It would probably fail again in the same way, or what was told of it "
    "since speaks against it: find and remove the cause first.",
    Resending.UNSURE: "Something else was told of it: its own page says whether to send it again.",
}
"""Why a device is left out of the new device list, in a sentence."""


def value_text(attribute: Attribute, value: str) -> str:
    """Return what an attribute has, as it stands within a sentence: of a hash its beginning."""
    if attribute is Attribute.IMAGE_HASH and len(value) > _HASH_DIGITS:
        return f"{value[:_HASH_DIGITS]}…"
    return value


def share_text(count: int, of: int) -> str:
    """Return how many of how many, as within ``Of the others, … did``, no closer than is known.

    Few are counted; of many it is how often: ``about 1 in 60``, ``about 3 in 100``.
    """
    if count in (0, of):
        return "none" if not count else "all"
    if count < _FEWEST_FOR_A_RATE or of < _SMALLEST_CROWD:
        return f"{count:,}"
    if count * 1_000 < of:
        return "fewer than 1 in 1,000"
    if count * 50 >= of:
        return f"about {min(round(100 * count / of), 99)} in 100"
    one_in = of / count
    step = 10 if one_in < 100 else 50
    return f"about 1 in {round(one_in / step) * step:,}"


def percent_text(count: int, of: int) -> str:
    """Return which part of ``of``, which is not 0, is ``count``: ``82%``.

    What is some is never told as none, nor what is not all as all.
    """
    percent = round(100 * count / of)
    if percent == 0 and count:
        return "less than 1%"
    if percent == 100 and count < of:
        return "more than 99%"
    return f"{percent}%"


def is_a_day(at: datetime) -> bool:
    """Return whether a time is that of a day alone, of which nothing closer may be told."""
    return at.astimezone(UTC).time() == time()


def counted_text(found: CausesAnswer) -> str:
    """Return how many updates were compared, and how old the counts are, as sentences."""
    return compared_text(found.updates, found.counted)


def compared_text(updates: int, counted: Counted) -> str:
    """Return how many updates were compared, and how old the counts are, as sentences."""
    text = "1 update was compared." if updates == 1 else f"{updates:,} updates were compared."
    if counted.at is None:
        return f"{text} There is no record of when they were counted."
    ago = ago_text(counted.at, counted.read_at)
    return f"{text} They were counted {ago}: what came since may not be among them."


@dataclass(frozen=True, slots=True)
class _CauseRow:
    """An update of a cause as a row of a file."""

    key: CauseKey
    device: CauseDevice

    @property
    def request_id(self) -> RequestId:
        return self.device.request_id

    @property
    def firmware_version(self) -> str | None:
        return self.device.firmware_version

    @property
    def device_id(self) -> Eui64:
        return self.device.device_id

    @property
    def status(self) -> Status:
        return self.key.status

    @property
    def reason(self) -> str | None:
        return self.key.reason

    @property
    def updated_at(self) -> datetime:
        return self.device.updated_at

    @property
    def completion(self) -> CompletionStatus:
        is_failed = self.key.kind is CauseKind.FAILED
        return CompletionStatus.FAILED if is_failed else CompletionStatus.IN_PROGRESS


_IN_DEVICE_LIST: Column[_CauseRow] = Column(
    "In New Device List",
    "Whether the device is in the new device list, and if not, why.",
    lambda row: RESENDING_NAMES[row.device.resending],
    28,
)


def cause_devices_file(
    key: CauseKey, devices: Iterable[CauseDevice], file_format: FileFormat
) -> Iterator[bytes]:
    """Yield a file of the devices of a cause, in their order, in blocks.

    The columns are those of a request's file, and whether the device is in the new device list.
    """
    made = FORMATS[file_format]
    rows = (_CauseRow(key, each) for each in devices)
    return made.blocks_of(Table("Devices of a cause", (*made.columns, _IN_DEVICE_LIST), rows))
