"""The look-up of one device: its updates, the diagnosis of each, and how others fare beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from firmtrack.answers.devices import DeviceAnswer, HistoryEntry
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.notices import NotifiedAnswer
from firmtrack.answers.peers import PeersAnswer
from firmtrack.answers.side_parts import Untold, side_part
from firmtrack.answers.sources import ResponseIds
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import View
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import Voice, voice_for
from firmtrack.errors import FirmtrackError
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.comparison import peers_of
from firmtrack.lookups.messages_named import messages_in, messages_named, response_ids_of
from firmtrack.lookups.seen import device_answer, repeats_grouped, single_entries
from firmtrack.lookups.suppliers import supplier_names
from firmtrack.lookups.versions import held_by_nobody, version_of
from firmtrack.lookups.views import read_view
from firmtrack.notices.queries import list_notified
from firmtrack.store.audit import record_lookup
from firmtrack.store.replica import turn_to_primary


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDevice:
    """A device as its viewer sees it at ``as_of``, None for now, with each update's diagnosis.

    ``response_ids`` are of the messages that its answer names; ``voice`` is to whom it speaks.
    """

    device: DeviceAnswer
    diagnoses: Mapping[RequestId, Diagnosis | None]
    as_of: Settled | None
    response_ids: ResponseIds
    voice: Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """A found device with what stands beside it: which notices were about which event, and peers.

    ``peers`` is None of the past, and where the viewer has no update of the device. ``version``
    changes whenever the viewer's own updates do, and what befell them, not with how long they wait
    or who was notified; it tells nothing of others. None if it has none, and of the past.
    ``supplier_names`` are told to DCC's staff, by the User ID's text.
    """

    found: FoundDevice
    version: str | None
    supplier_names: Mapping[str, str]
    notified: Mapping[HistoryEntry, Sequence[NotifiedAnswer]] | Untold
    peers: PeersAnswer | Untold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEvents:
    """Some entries of one history of a device: that of a distribution, or what belongs to none.

    ``skipped`` are before them, ``following`` after; these go on below the mark ``next_mark``,
    None if there are none. ``response_ids`` are of the entries' messages.
    """

    device_id: Eui64
    request_id: RequestId | None
    entries: Sequence[HistoryEntry]
    response_ids: ResponseIds
    skipped: int
    following: int

    @property
    def next_mark(self) -> bytes | None:
        """Below which mark the history goes on."""
        return self.entries[-1].mark if self.following else None


class PlaceGone(FirmtrackError):
    """is of another history, or of one that has changed there: begin with its first page."""


def find_device(
    viewer: Viewer,
    device_id: Eui64,
    *,
    as_of: Settled | None = None,
    is_held: Callable[[FoundDevice], bool] = held_by_nobody,
) -> FoundDevice | None:
    """Return the device, None if nothing that the viewer may see names it.

    What is found and ``is_held`` by the viewer as it is shows nothing, so it is not audited.
    """
    view = read_view(viewer, device_id, as_of)
    found = _found(view, as_of)
    if found is not None and is_held(found):
        return found
    return _audited(view, found, as_of)


def open_device_page(
    viewer: Viewer, device_id: Eui64, *, as_of: Settled | None = None
) -> DevicePage | None:
    """Return the device with what stands beside it, None if nothing of it may be seen."""
    view = read_view(viewer, device_id, as_of)
    found = _audited(view, _found(view, as_of), as_of)
    return None if found is None else _page(view, found)


def refresh_device_page(
    viewer: Viewer, device_id: Eui64, version: str | None
) -> DevicePage | str | None:
    """Return the device's page if it is no more of this version, or else the version.

    To ask shows nothing, so it is not audited; what has changed is a look-up. None if the viewer
    has no update of the device.
    """
    view = read_view(viewer, device_id, None)
    found = _found(view, None)
    current = None if found is None else _version(view, found)
    if current is not None and current == version:
        return current
    _audited(view, found, None)
    return None if found is None or current is None else _page(view, found)


def list_events(
    viewer: Viewer,
    device_id: Eui64,
    request_id: RequestId | None,
    *,
    limit: int,
    below: bytes | None = None,
    as_of: Settled | None = None,
) -> FoundEvents | None:
    """Return up to ``limit`` entries of a history, the greatest first, below that of a mark.

    That of the device's distribution in ``request_id``, or, with None, of what belongs to no
    request that the viewer sees. None if the viewer sees no such history. Raises PlaceGone if
    nothing in it has the mark ``below``.
    """
    view = read_view(viewer, device_id, as_of)
    singles = _single_entries(view, request_id)
    place = _place(singles, below)
    if place is None and any(each.times > 1 for each in singles or ()):
        # Within a run no event has a mark, and a run may have come to reach over one that had.
        view = read_view(viewer, device_id, as_of, by_runs=False)
        singles = _single_entries(view, request_id)
        place = _place(singles, below)
    if singles is not None and place is None and turn_to_primary():
        # The place may be of an event that the replica does not know yet.
        return list_events(viewer, device_id, request_id, limit=limit, below=below, as_of=as_of)
    history = () if singles is None else repeats_grouped(singles[place or 0 :])
    entries = () if place is None else history[:limit]
    term = str(device_id) if request_id is None else f"{device_id} {request_id}"
    record_lookup(viewer, "events", term, len(entries), as_of=as_of)
    if singles is None:
        return None
    if place is None:
        raise PlaceGone
    return FoundEvents(
        device_id=device_id,
        request_id=request_id,
        entries=entries,
        response_ids=response_ids_of(view, messages_in(entries)),
        skipped=len(repeats_grouped(singles[:place])),
        following=len(history) - len(entries),
    )


def compare_device(viewer: Viewer, device_id: Eui64) -> PeersAnswer | None:
    """Return how others fare beside the device's newest update, None if the viewer sees none."""
    found = peers_of(read_view(viewer, device_id, None))
    record_lookup(viewer, "peers", str(device_id), 0 if found is None else len(found.groups))
    return found


def _found(view: View, as_of: Settled | None) -> FoundDevice | None:
    answer = device_answer(view)
    if answer is None:
        return None
    now = as_of or datetime.now(UTC)
    voice = voice_for(view.viewer)
    diagnosed = diagnoses(answer, now=now, voice=voice)
    return FoundDevice(
        device=answer,
        diagnoses=diagnosed,
        as_of=as_of,
        response_ids=response_ids_of(view, messages_named(answer, diagnosed.values())),
        voice=voice,
    )


def _audited(view: View, found: FoundDevice | None, as_of: Settled | None) -> FoundDevice | None:
    rows = 0 if found is None else len(view.own) + len(view.others)
    record_lookup(view.viewer, "device", str(view.device.device_id), rows, as_of=as_of)
    return found


def _page(view: View, found: FoundDevice) -> DevicePage:
    return DevicePage(
        found=found,
        version=_version(view, found),
        supplier_names=supplier_names(view.viewer, _suppliers_in(found.device)),
        notified=side_part(
            "which notices were sent",
            lambda: list_notified(view.viewer, found.device, as_of=found.as_of),
        ),
        peers=None if found.as_of else side_part("peers", lambda: peers_of(view)),
    )


def _suppliers_in(answer: DeviceAnswer) -> Iterator[Eui64 | None]:
    for each in answer.distributions:
        yield each.distribution.request_id.originator
    yield None if answer.inventory is None else answer.inventory.responsible_supplier


def _version(view: View, found: FoundDevice) -> str | None:
    has_news = found.as_of is None and found.device.distributions
    return version_of(view.viewer, found.device) if has_news else None


def _single_entries(view: View, request_id: RequestId | None) -> Sequence[HistoryEntry] | None:
    return None if device_answer(view) is None else single_entries(view, request_id)


def _place(entries: Sequence[HistoryEntry] | None, below: bytes | None) -> int | None:
    """Return how many entries are down to the mark, itself included; None if it is not there."""
    if entries is None or below is None:
        return None if entries is None else 0
    return next((number for number, each in enumerate(entries, 1) if each.mark == below), None)
