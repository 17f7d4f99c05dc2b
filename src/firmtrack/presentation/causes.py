"""The words for what failures have in common, and the devices of a cause as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time

from firmtrack.answers.causes import CauseDevice, CausesAnswer, CauseState, Resending
from firmtrack.answers.counted import Counted
from firmtrack.domain.causes import Attribute, CauseKey, CauseKind
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus
from firmtrack.presentation import wording
from firmtrack.presentation.csv import COLUMNS, safe_cell
from firmtrack.presentation.diagnosis_wording import PACE_NAMES
from firmtrack.presentation.documents.inventories import INVENTORY_NAMES
from firmtrack.presentation.times import ago_text, utc_text

_FEWEST_FOR_A_RATE = 10
_SMALLEST_CROWD = 100
_HASH_DIGITS = 12
_BLOCK_CHARACTERS = 64 * 1024

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

DEVICE_COLUMNS = (*COLUMNS, "In New Device List")
"""Those of a request's file, and whether the device is in the new device list."""


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


def cause_devices_csv(key: CauseKey, devices: Iterable[CauseDevice]) -> Iterator[bytes]:
    """Yield the devices of a cause as CSV (RFC 4180), in their order, in blocks.

    No cell begins a formula.
    """
    status = wording.STATUS_NAMES[key.status]
    reason = "" if key.reason is None else wording.reason_text(key.reason, key.status)
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(DEVICE_COLUMNS)
    for each in devices:
        if text.tell() >= _BLOCK_CHARACTERS:
            yield _taken(text)
        cells = (
            str(each.request_id),
            each.firmware_version or "",
            str(each.device_id),
            status,
            reason,
            utc_text(each.updated_at),
            RESENDING_NAMES[each.resending],
        )
        rows.writerow([safe_cell(cell) for cell in cells])
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    block = text.getvalue()
    text.seek(0)
    text.truncate()
    return block.encode("utf-8", "backslashreplace")
