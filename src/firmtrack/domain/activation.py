"""Activation of a distributed image: from the events of 11.3 requests to their statuses.

An 11.3 names its device as the target of its Request ID, so each event of it names it. Its status
is that of its greatest event, but that the version which a device answers with is what it runs,
whatever the result beside it says. A request whose ExecutionDateTime is the far end of time
cancels the earlier, scheduled ones of the same User for the same device and image, once the device
took it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from firmtrack.domain.attribution import Candidate, Clue, best_candidate
from firmtrack.domain.facts import ActivationEvent, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, comparable_version
from firmtrack.domain.stages import ActivationStatus, ActivationStep

CANCELLING = datetime(3000, 12, 31, tzinfo=UTC)
"""The ExecutionDateTime that cancels. Source: DUIS 5.4, Activate Firmware."""

_CANCELLABLE = frozenset({ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED})
_BEFORE_ANY = datetime.min.replace(tzinfo=UTC)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedActivationEvent:
    """An event of an activation, with its message; ``recorded_at`` is when Firmtrack learnt it."""

    event: ActivationEvent
    message_id: UUID
    recorded_at: datetime
    source_kind: MessageKind
    source_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One Activate Firmware (11.3) request and how it stands; ``events``, the greatest first.

    ``requested_at`` is the earliest and ``updated_at`` the deciding time that DCC gave; where it
    gave none, when Firmtrack learnt of it. ``firmware_version`` is what the device stated to run.
    ``scheduled_for`` is None for an immediate or cancelling request. ``overruled_reason`` is the
    result that the device gave beside the very version that was to be activated: it runs that.
    """

    request_id: RequestId
    status: ActivationStatus
    reason: str | None
    is_cancelling: bool
    is_answered: bool
    scheduled_for: datetime | None
    image_hash: bytes | None
    firmware_version: FirmwareVersion | None
    requested_at: datetime
    updated_at: datetime
    events: tuple[ReportedActivationEvent, ...]
    overruled_reason: str | None = None

    @property
    def device_id(self) -> Eui64:
        """The device that the request is for."""
        return self.request_id.target


def activations_of(events: Iterable[ReportedActivationEvent]) -> tuple[Activation, ...]:
    """Return the activations that the events are of, latest requested first.

    A command that only a failure names may be any other command: it is left out.
    """
    by_request: dict[RequestId, list[ReportedActivationEvent]] = {}
    for reported in events:
        by_request.setdefault(reported.event.request_id, []).append(reported)
    single = [
        _activation(reported)
        for reported in by_request.values()
        if any(map(_is_activation, reported))
    ]
    taken = [each for each in single if each.status is ActivationStatus.CANCELLED]
    return tuple(
        sorted(
            (_unless_cancelled(each, taken) for each in single),
            key=lambda each: (each.requested_at, each.request_id),
            reverse=True,
        )
    )


def distribution_of(activation: Activation, candidates: Iterable[Candidate]) -> RequestId | None:
    """Return the request that brought the activation's image to its device, None if none did.

    Its hash tells, or else, once it is activated, the firmware version; its User is the addressee.
    """
    is_activated = activation.status is ActivationStatus.ACTIVATED
    clue = Clue(
        at=activation.requested_at,
        image_hash=activation.image_hash,
        firmware_version=activation.firmware_version if is_activated else None,
        addressee=activation.request_id.originator,
    )
    found = best_candidate(clue, candidates)
    return None if found is None else found.request_id


def settled_by_version(activation: Activation, versions: Collection[FirmwareVersion]) -> Activation:
    """Return the activation of an image of one of these versions as the device's version has it.

    A device that was activated and whose answer was lost holds no image any more: asked again, it
    answers so, but with the new version, and DCC takes that version over (SEC modification MP105).
    """
    if (
        activation.status is not ActivationStatus.FAILED
        or not activation.is_answered
        or activation.is_cancelling
        or not states_one_of(activation, versions)
    ):
        return activation
    return replace(
        activation,
        status=ActivationStatus.ACTIVATED,
        reason=None,
        overruled_reason=activation.reason,
    )


def states_one_of(activation: Activation, versions: Collection[FirmwareVersion]) -> bool:
    """Return whether the device answered with one of these versions, however each is written."""
    stated = activation.firmware_version
    return stated is not None and comparable_version(stated) in map(comparable_version, versions)


@dataclass(frozen=True, slots=True)
class Chapters:
    """A device's activations, each under the request that brought its image, latest first.

    ``others`` are those of images that none of the requests brought.
    """

    of_request: Mapping[RequestId, tuple[Activation, ...]]
    others: tuple[Activation, ...]

    def all(self) -> Iterator[Activation]:
        """Yield all of them, in any order."""
        yield from self.others
        for of_one in self.of_request.values():
            yield from of_one


def chapters_of(activations: Sequence[Activation], candidates: Sequence[Candidate]) -> Chapters:
    """Return the activations under those of the requests whose images they are of.

    What a device answered with settles whether it runs the image (``settled_by_version``).
    """
    versions = {each.request_id: each.firmware_versions for each in candidates}
    of_request: dict[RequestId, list[Activation]] = {}
    others = []
    for activation in activations:
        request_id = distribution_of(activation, candidates)
        if request_id is None:
            others.append(activation)
        else:
            settled = settled_by_version(activation, versions[request_id])
            of_request.setdefault(request_id, []).append(settled)
    return Chapters({key: tuple(each) for key, each in of_request.items()}, tuple(others))


def _is_activation(reported: ReportedActivationEvent) -> bool:
    return reported.source_kind is not MessageKind.COMMAND_FAILURE


def _precedence(reported: ReportedActivationEvent) -> tuple[ActivationStep, datetime, UUID]:
    return reported.event.step, reported.event.occurred_at or _BEFORE_ANY, reported.message_id


def _activation(events: Sequence[ReportedActivationEvent]) -> Activation:
    ordered = tuple(sorted(events, key=_precedence, reverse=True))
    greatest = ordered[0].event
    scheduled_for = _first(reported.event.scheduled_for for reported in ordered)
    is_cancelling = scheduled_for == CANCELLING
    times = [
        reported.event.occurred_at for reported in ordered if reported.event.occurred_at is not None
    ]
    requested_at = min(times, default=min(reported.recorded_at for reported in ordered))
    return Activation(
        request_id=greatest.request_id,
        status=_status(greatest, is_cancelling=is_cancelling),
        reason=greatest.reason,
        is_cancelling=is_cancelling,
        is_answered=greatest.step is ActivationStep.ANSWERED,
        scheduled_for=None if is_cancelling else scheduled_for,
        image_hash=_first(reported.event.image_hash for reported in ordered),
        firmware_version=_first(reported.event.firmware_version for reported in ordered),
        requested_at=requested_at,
        updated_at=greatest.occurred_at or requested_at,
        events=ordered,
    )


def _first(values: Iterable[_Value | None]) -> _Value | None:
    """Return the value of the greatest event that has one."""
    return next((value for value in values if value is not None), None)


def _status(event: ActivationEvent, *, is_cancelling: bool) -> ActivationStatus:
    if event.is_failed:
        return ActivationStatus.FAILED
    if event.step < ActivationStep.SCHEDULED:
        return ActivationStatus.REQUESTED
    if is_cancelling:
        return ActivationStatus.CANCELLED
    if event.step is ActivationStep.SCHEDULED:
        return ActivationStatus.SCHEDULED
    return ActivationStatus.ACTIVATED


def _unless_cancelled(activation: Activation, taken: Iterable[Activation]) -> Activation:
    """Return the activation as its User's cancelling requests leave it.

    Counters of one User's commands to a device only grow: a greater one is a later command
    (GBCS 4.3, Originator Counter).
    """
    cancelling = [each for each in taken if _cancels(each, activation)]
    if not cancelling:
        return activation
    first = min(cancelling, key=lambda each: each.request_id.counter)
    return replace(
        activation,
        status=ActivationStatus.CANCELLED,
        reason=None,
        updated_at=first.updated_at,
    )


def _cancels(cancelling: Activation, other: Activation) -> bool:
    return (
        other.status in _CANCELLABLE
        and other.scheduled_for is not None
        and cancelling.request_id.originator == other.request_id.originator
        and cancelling.request_id.target == other.request_id.target
        and cancelling.request_id.counter > other.request_id.counter
        and cancelling.image_hash == other.image_hash
    )
