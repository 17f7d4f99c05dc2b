"""A device: its distributions with their history, and word of it that fits none of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.answers import diagnoses as found_diagnoses
from firmtrack.answers.devices import DeviceAnswer, DeviceDistribution, HistoryEntry
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.answers.sources import ResponseIds
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import Party, Status
from firmtrack.domain.voice import Voice
from firmtrack.presentation.documents.activations import Activation, activations
from firmtrack.presentation.documents.distributions import Distribution, filled_distribution
from firmtrack.presentation.documents.fields import (
    AttributionName,
    Count,
    EuiText,
    Flag,
    ResponseIdText,
    attribution_name,
    eui_text,
    flags,
    response_id_text,
)
from firmtrack.presentation.documents.incidents import Incident, incidents
from firmtrack.presentation.documents.inventories import Inventory, inventory
from firmtrack.presentation.documents.others_updates import OthersUpdate, others_update
from firmtrack.presentation.event_places import EVENTS_AT_ONCE, cursor_below


class EventSource(Struct, frozen=True):
    """The message that tells an event, the code that it carries, and DCC's Response ID of it.

    response_id is null of what has none: a request, a stage report. All are null if it was sent to
    another party (is_another_partys).
    """

    kind: MessageKind | None
    code: str | None
    message_id: UUID | None
    is_another_partys: bool
    response_id: ResponseIdText | None


class Event(Struct, frozen=True):
    """What a message says happened to a device's update, and when.

    It stands for times events that follow each other and differ in nothing but times and messages:
    it is the last of them, first_at is the first's time, last_at its own.
    occurred_at is DCC's time, or the beginning of its day in UTC if the message was sent to another
    party. device_time is what whoever DCC had it from wrote, and orders nothing, since it may be
    wrong: of source kind csp_firmware_delivery_status the CSP, of firmware_transfer_alert the
    Communications Hub, of any other the device. reason is a code. attribution is what ties the
    event to the request if its message names none: the image's hash, the firmware version, or only
    that nothing speaks against its addressee's newest request.
    """

    status: Status
    occurred_at: datetime
    device_time: datetime | None
    reason: str | None
    comms_hub_id: EuiText | None
    source: EventSource
    attribution: AttributionName | None
    times: Count
    first_at: datetime
    last_at: datetime


class UsualSeconds(Struct, frozen=True):
    """How long the present step usually takes: half of all, and 95 in 100, are quicker."""

    p50: float
    p95: float


class Waits(Struct, frozen=True):
    """What stays at this stage tell, those that failed or still wait included.

    They are never those of its own request alone.
    reached_at_least is a power of ten; shares are whole per cents of 1. p50_seconds and p95_seconds
    are those within which so many of all that reached the stage had passed it, null where fewer
    did or too few were seen. arrives_still_share is of those that had waited as long as this one,
    null if too few had. group names the facts of the device that they had in common with it.
    """

    reached_at_least: int
    passed_share: float
    p50_seconds: float | None
    p95_seconds: float | None
    arrives_still_share: float | None
    group: list[str]


class Evidence(Struct, frozen=True):
    """One fact that a diagnosis rests on, and the message that tells it, null if no single one."""

    text: str
    message_id: UUID | None


class Resend(Struct, frozen=True):
    """Whether to send the update again, and what DCC would probably answer.

    again is wait while an update is open, remedy_first if it would probably end in the same way.
    """

    again: Again
    open_request: str
    expected: str
    version_path: str


class Diagnosis(Struct, frozen=True):
    """Where the update is, whether that is usual, and who acts next.

    since is when the present step began. holder, usual_seconds, waits and pace are null once the
    update has ended; all but holder also where too few updates were seen, or what is usual could
    not be told now, as the sentence says; usual_seconds where not 95 in 100 pass, and pace once a
    later request has brought the device an image. resend is null if this or a later request has
    done so.
    """

    sentence: str
    holder: Party | None
    since: datetime
    usual_seconds: UsualSeconds | None
    pace: Pace | None
    next_actor: Actor
    advice: str
    evidence: list[Evidence]
    resend: Resend | None
    waits: Waits | None


class TrackedDistribution(Distribution, frozen=True):
    """A distribution with its events, furthest stage first and the latest of a stage first.

    incidents are what befell it besides its stages, activations those of its image, each latest
    first. diagnosis is null if the device is not tracked. events are the first 200;
    events_next_cursor is where /devices/{id}/events goes on, null if these are all.
    """

    incidents: list[Incident]
    events: list[Event]
    activations: list[Activation]
    diagnosis: Diagnosis | None
    events_next_cursor: str | None


class EventList(Struct, frozen=True):
    """Some events of one history, in its order; next_cursor is null at the end."""

    items: list[Event]
    next_cursor: str | None


class Device(Struct, frozen=True):
    """One device and its distributions, newest request first.

    unattributed_events were sent to you and belong to no request that you may see: the first 200,
    and where they go on, as those of a distribution. other_activations are of images that no
    request that you may see has distributed to it, latest first. others_updates are other parties',
    newest first: only its Responsible Supplier sees any, and only where the operator of this
    service has it so. incidents concern none of the distributions, latest first.
    """

    device_id: EuiText
    tracked: bool
    not_tracked_reason: NotTrackedReason | None
    inventory: Inventory | None
    distributions: list[TrackedDistribution]
    unattributed_events: list[Event]
    flags: list[Flag]
    other_activations: list[Activation]
    others_updates: list[OthersUpdate]
    incidents: list[Incident]
    unattributed_events_next_cursor: str | None


def device(
    answer: DeviceAnswer,
    diagnoses: Mapping[RequestId, found_diagnoses.Diagnosis | None],
    response_ids: ResponseIds,
    voice: Voice = Voice.USER,
) -> Device:
    """Return the device with the diagnosis of each of its distributions, by Request ID.

    ``response_ids`` are of the messages that it names, ``voice`` is to whom its flags speak.
    """
    return Device(
        device_id=str(answer.device_id),
        tracked=answer.not_tracked_reason is None,
        not_tracked_reason=answer.not_tracked_reason,
        inventory=None if answer.inventory is None else inventory(answer.inventory),
        distributions=[
            _tracked_distribution(
                each, _diagnosis(diagnoses[each.distribution.request_id]), response_ids
            )
            for each in answer.distributions
        ],
        unattributed_events=_first_events(answer.unattributed, response_ids),
        unattributed_events_next_cursor=_next_cursor(answer.unattributed),
        flags=flags(answer.flags, voice),
        other_activations=activations(answer.other_activations),
        others_updates=[others_update(each) for each in answer.others_updates],
        incidents=incidents(answer.incidents),
    )


def event_list(
    entries: Sequence[HistoryEntry], next_mark: bytes | None, response_ids: ResponseIds
) -> EventList:
    """Return some events of a history, and where it goes on: below this mark."""
    next_cursor = None if next_mark is None else cursor_below(next_mark)
    return EventList(
        items=[_event(entry, response_ids) for entry in entries], next_cursor=next_cursor
    )


def _first_events(history: Sequence[HistoryEntry], response_ids: ResponseIds) -> list[Event]:
    return [_event(entry, response_ids) for entry in history[:EVENTS_AT_ONCE]]


def _next_cursor(history: Sequence[HistoryEntry]) -> str | None:
    if len(history) <= EVENTS_AT_ONCE:
        return None
    return cursor_below(history[EVENTS_AT_ONCE - 1].mark)


def _tracked_distribution(
    answer: DeviceDistribution, diagnosis: Diagnosis | None, response_ids: ResponseIds
) -> TrackedDistribution:
    return filled_distribution(
        TrackedDistribution,
        answer.distribution,
        events=_first_events(answer.history, response_ids),
        events_next_cursor=_next_cursor(answer.history),
        incidents=incidents(answer.incidents),
        activations=activations(answer.activations),
        diagnosis=diagnosis,
    )


def _event(entry: HistoryEntry, response_ids: ResponseIds) -> Event:
    return Event(
        status=entry.status,
        occurred_at=entry.occurred_at,
        device_time=entry.device_time,
        reason=entry.reason,
        comms_hub_id=eui_text(entry.comms_hub_id),
        source=EventSource(
            kind=entry.source_kind,
            code=entry.source_code,
            message_id=entry.message_id,
            is_another_partys=entry.is_anothers,
            response_id=response_id_text(response_ids, entry.message_id),
        ),
        attribution=None if entry.evidence is None else attribution_name(entry.evidence),
        times=entry.times,
        first_at=entry.first_at,
        last_at=entry.occurred_at,
    )


def _diagnosis(found: found_diagnoses.Diagnosis | None) -> Diagnosis | None:
    if found is None:
        return None
    usual, waits, resend = found.usual_seconds, found.waits, found.resend
    return Diagnosis(
        sentence=found.sentence,
        holder=found.holder,
        since=found.since,
        usual_seconds=None if usual is None else UsualSeconds(p50=usual.p50, p95=usual.p95),
        waits=None
        if waits is None or waits is UNTOLD
        else Waits(
            reached_at_least=waits.reached_at_least,
            passed_share=waits.passed_share,
            p50_seconds=waits.p50_seconds,
            p95_seconds=waits.p95_seconds,
            arrives_still_share=waits.arrives_still_share,
            group=list(waits.group),
        ),
        pace=found.pace,
        next_actor=found.next_actor,
        advice=found.advice,
        evidence=[Evidence(text=each.text, message_id=each.message_id) for each in found.evidence],
        resend=None
        if resend is None
        else Resend(
            again=resend.again,
            open_request=resend.open_request,
            expected=resend.expected,
            version_path=resend.version_path,
        ),
    )
