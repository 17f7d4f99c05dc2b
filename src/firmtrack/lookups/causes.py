"""The look-ups of causes: what failures have in common, one of them, its devices."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from firmtrack.answers.causes import (
    Cause,
    CauseDevice,
    CausesAnswer,
    CausesQuestion,
    Note,
    Resending,
)
from firmtrack.answers.counted import Counted
from firmtrack.diagnosis.causes import advice_of, sentence_of
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.diagnosis.resending import may_work
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.remedy import Again
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import Voice
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.request import Download
from firmtrack.lookups.seen import device_answer
from firmtrack.lookups.views import read_view
from firmtrack.presentation.causes import cause_devices_file
from firmtrack.presentation.files import FileFormat
from firmtrack.store.audit import record_lookup
from firmtrack.store.cause_notes import notes_of
from firmtrack.store.reports import causes
from firmtrack.store.reports.cause_cells import PastTooLarge
from firmtrack.store.reports.causes import Update

__all__ = [
    "CausePage",
    "DeviceList",
    "PastTooLarge",
    "download_devices",
    "find_causes",
    "new_device_list",
    "open_cause",
    "words_of",
]

DEVICES_ON_PAGE = 100
MOST_DEVICES = 50_000
"""So many devices an Update Firmware (11.1) request may name (DUIS 5.4)."""

_MOST_LOOKED_AT = 500
"""Of so many devices at most the whole history is read, to say whether to send them again."""

_OF_ADVICE: Mapping[Again, Resending] = {
    Again.SEND: Resending.SEND,
    Again.WAIT: Resending.OPEN,
    Again.REMEDY_FIRST: Resending.REMEDY_FIRST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CausePage:
    """A cause, the first of its devices, and what the viewer's party noted, the newest first.

    ``devices`` are by Device ID; ``resending`` counts all of the cause's updates, as they stand
    now, while ``cause`` is as old as ``counted`` says. ``updates`` is how many were compared,
    and ``kept_from`` since when, as in CausesAnswer.
    """

    cause: Cause
    updates: int
    counted: Counted
    kept_from: datetime | None
    devices: Sequence[CauseDevice]
    resending: Mapping[Resending, int]
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceList:
    """The devices of a cause that may be sent again, ascending, each once, up to MOST_DEVICES.

    ``text`` is the DeviceIDList of an 11.1 or 11.4 with them; ``left_out`` counts the updates whose
    devices are not in it.
    """

    device_ids: Sequence[Eui64]
    left_out: Mapping[Resending, int]

    @property
    def text(self) -> str:
        """The Device IDs, separated by commas."""
        return ",".join(map(str, self.device_ids))


def find_causes(
    viewer: Viewer, question: CausesQuestion, *, as_of: Settled | None = None
) -> CausesAnswer | None:
    """Return the causes, greatest excess first; None if the question's request is unknown.

    Raises PastTooLarge.
    """
    found = causes.find_causes(viewer, question, as_of=as_of)
    rows = 0 if found is None else len(found.causes)
    record_lookup(viewer, "causes", _term(question), rows, as_of=as_of)
    return found


def words_of(
    answer: CausesAnswer, voice: Voice, as_of: datetime | None
) -> Sequence[tuple[str, str]]:
    """Return what is said of each of the causes: its sentence, and what to do."""
    now = as_of or answer.counted.read_at
    return [
        (sentence_of(each, answer.question, now), advice_of(each.key, voice))
        for each in answer.causes
    ]


def open_cause(
    viewer: Viewer, key: CauseKey, question: CausesQuestion, *, as_of: Settled | None = None
) -> CausePage | None:
    """Return a cause with its first devices; None if none of the viewer's updates is of it.

    Raises PastTooLarge.
    """
    found = causes.find_cause(viewer, key, question, as_of=as_of)
    devices = [] if found is None else _devices(viewer, key, question, as_of)
    _audit(viewer, "cause", key, len(devices), as_of)
    if found is None:
        return None
    return CausePage(
        cause=found.causes[0],
        updates=found.updates,
        counted=found.counted,
        kept_from=found.kept_from,
        devices=tuple(devices[:DEVICES_ON_PAGE]),
        resending=Counter(each.resending for each in devices),
        notes=notes_of(viewer, key),
    )


def download_devices(
    viewer: Viewer,
    key: CauseKey,
    question: CausesQuestion,
    *,
    file_format: FileFormat = FileFormat.CSV,
    as_of: Settled | None = None,
) -> Download | None:
    """Return a file of a cause's updates, by Device ID; None if none of the viewer's is of it.

    Raises PastTooLarge.
    """
    devices = _devices(viewer, key, question, as_of)
    _audit(viewer, f"cause_{file_format}", key, len(devices), as_of)
    if not devices:
        return None
    blocks = cause_devices_file(key, devices, file_format)
    return Download(rows=len(devices), blocks=blocks)


def new_device_list(viewer: Viewer, key: CauseKey, question: CausesQuestion) -> DeviceList | None:
    """Return whom to send the update again; None if none of the viewer's updates is of the cause.

    Without the devices for which that is not safe, as they stand now.
    """
    devices = _devices(viewer, key, question, None)
    wanted = {each.device_id for each in devices if each.resending is Resending.SEND}
    # A device whose other update of the cause speaks against it is not sent again either.
    wanted -= {each.device_id for each in devices if each.resending is not Resending.SEND}
    device_ids = tuple(sorted(wanted)[:MOST_DEVICES])
    _audit(viewer, "cause_device_list", key, len(device_ids), None)
    if not devices:
        return None
    left_out = Counter(each.resending for each in devices if each.device_id not in wanted)
    return DeviceList(device_ids=device_ids, left_out=left_out)


def _devices(
    viewer: Viewer, key: CauseKey, question: CausesQuestion, as_of: Settled | None
) -> list[CauseDevice]:
    left_to_look_at = _MOST_LOOKED_AT
    devices = []
    for update in causes.list_updates(viewer, key, question, as_of=as_of):
        resending = _resending(update, key)
        if resending is None and left_to_look_at:
            left_to_look_at -= 1
            resending = _looked_at(viewer, update, as_of)
        devices.append(
            CauseDevice(
                device_id=update.device_id,
                request_id=update.request_id,
                firmware_version=update.firmware_version,
                updated_at=update.updated_at,
                resending=resending or Resending.UNSURE,
            )
        )
    return devices


def _resending(update: Update, key: CauseKey) -> Resending | None:
    """Return whether to send an update again; None if the device's history is to be read for it.

    The same as the device's own page says (firmtrack.diagnosis.resending), for many at once.
    """
    if update.later_success:
        return Resending.DONE
    if update.is_open or not key.status.is_bad:
        return Resending.OPEN
    if not may_work(key.reason, key.status):
        return Resending.REMEDY_FIRST
    return None if update.is_special else Resending.SEND


def _looked_at(viewer: Viewer, update: Update, as_of: Settled | None) -> Resending:
    answer = device_answer(read_view(viewer, update.device_id, as_of))
    found = None
    if answer is not None:
        found = diagnoses(answer, now=as_of or datetime.now(UTC)).get(update.request_id)
    if found is None or found.resend is None:
        return Resending.UNSURE
    return _OF_ADVICE[found.resend.again]


def _term(question: CausesQuestion) -> str:
    period = f"{question.days} days"
    return period if question.request_id is None else f"{period} {question.request_id}"


def _audit(viewer: Viewer, kind: str, key: CauseKey, rows: int, as_of: Settled | None) -> None:
    record_lookup(viewer, kind, str(key), rows, as_of=as_of)
