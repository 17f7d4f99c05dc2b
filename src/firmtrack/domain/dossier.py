"""One device's dossier: all facts that were recorded of it, and what they come to.

The fold is pure, and knows no viewer and no moment: whoever reads the facts up to a moment gets the
device as it was known then; now is only the latest moment. Who may see what of it is
``firmtrack.domain.seeing``. For lists of a request the same rules stand in SQL; properties hold the
two together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from firmtrack.domain.activation import Activation, ReportedActivationEvent, activations_of
from firmtrack.domain.attribution import (
    Attribution,
    Candidate,
    Clue,
    Evidence,
    best_candidate,
    is_refused_by,
)
from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.incidents import ReportedIncident
from firmtrack.domain.inventory import (
    IMPORT_ID,
    Knowledge,
    Origin,
    knowledge_of,
    merge_statements,
    with_comms_hub,
)
from firmtrack.domain.precedence import current_event, is_refused_by_name, precedence_of
from firmtrack.domain.stages import Status, Variant


class Reporter(NamedTuple):
    """The message that reports a fact: what it is, and the User that it was sent to, or sent it."""

    message_id: UUID
    kind: MessageKind | None
    code: str | None = None
    user_id: Eui64 | None = None


class ReportedEvent(NamedTuple):
    """An event of one device's update, or a step of its whole request, with what reports it.

    ``request_id`` is the request that its message names; None if it names none, and then
    ``evidence`` is, once it is attributed, what ties it to a request.
    It stands for ``times`` events, one after the other, that differ in nothing but their times and
    messages: it is the last of them, ``first_at``, ``first_recorded_at`` and ``first_message_id``
    are the first's.
    """

    status: Status
    occurred_at: datetime
    recorded_at: datetime
    reporter: Reporter
    first_at: datetime
    first_recorded_at: datetime
    first_message_id: UUID
    names_device: bool = True
    request_id: RequestId | None = None
    reason: str | None = None
    device_time: datetime | None = None
    comms_hub_id: Eui64 | None = None
    firmware_version: FirmwareVersion | None = None
    image_hash: bytes | None = None
    evidence: Evidence | None = None
    times: int = 1

    @property
    def message_id(self) -> UUID:
        """The message that reports it."""
        return self.reporter.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStatement:
    """What one message that claims to be an update request states; ``image`` has its hash."""

    message_id: UUID
    sent_at: datetime | None
    variant: Variant
    firmware_version: FirmwareVersion
    image: ImageFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNaming:
    """What messages that name a request for single devices tell of the request itself.

    That is their earliest time, and the smallest version that any of them states.
    """

    named_at: datetime
    firmware_version: FirmwareVersion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFile:
    """All facts of one update request as a whole, in any order.

    ``recorded_at`` is when Firmtrack first learnt of it. ``answered_variants`` are the variants
    that its answers say it is of.
    """

    request_id: RequestId
    recorded_at: datetime
    statements: Sequence[RequestStatement] = ()
    steps: Sequence[ReportedEvent] = ()
    answered_variants: Sequence[Variant] = ()
    namings: Sequence[RequestNaming] = ()
    incident_times: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryStatement:
    """What one message, or import, states of the device, and when Firmtrack learnt of it."""

    facts: DeviceFacts
    recorded_at: datetime
    reporter: Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierChangeReport:
    """That DCC notified a User of a change of the device's supplier."""

    reported_at: datetime
    reporter: Reporter


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All facts of one device, each list in any order.

    ``requests`` are those that name it, whosever they are; ``incidents`` all that may concern its
    updates; ``response_ids`` DCC's own of the messages that report the facts, by message.
    """

    device_id: Eui64
    events: Sequence[ReportedEvent] = ()
    requests: Sequence[RequestFile] = ()
    activation_events: Sequence[ReportedActivationEvent] = ()
    incidents: Sequence[ReportedIncident] = ()
    statements: Sequence[InventoryStatement] = ()
    supplier_changes: Sequence[SupplierChangeReport] = ()
    response_ids: Mapping[UUID, ResponseId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An update request, folded from its file.

    Of different messages that claim to be it the one with the smallest digest counts (``claim``);
    ``statement_count`` is how many there are. ``whole_at`` is the earliest time of what is about
    all of it, ``submitted_at`` the earliest of anything that names it, or else when Firmtrack
    learnt of it. ``step`` is the greatest of its steps.
    """

    request_id: RequestId
    recorded_at: datetime
    claim: RequestStatement | None
    statement_count: int
    variant: Variant | None
    firmware_version: FirmwareVersion | None
    whole_at: datetime | None
    submitted_at: datetime
    steps: Sequence[ReportedEvent]
    step: ReportedEvent | None

    @property
    def image(self) -> ImageFacts | None:
        """What is known of its image; None while the request itself has not come."""
        return None if self.claim is None else self.claim.image

    @property
    def image_hash(self) -> bytes | None:
        """The hash of its image, as far as known."""
        return None if self.image is None else self.image.manufacturer_image_hash

    @property
    def firmware_versions(self) -> tuple[FirmwareVersion, ...]:
        """The version that it states, or that events claim, and the one in its image's header."""
        header = None if self.image is None else self.image.header_version
        return tuple(each for each in (self.firmware_version, header) if each is not None)

    @property
    def arrival(self) -> ReportedEvent | None:
        """The request's own message as an event of its devices; None while it has not come."""
        if self.claim is None:
            return None
        return ReportedEvent(
            status=Status.RECEIVED,
            occurred_at=self.submitted_at,
            recorded_at=self.recorded_at,
            reporter=Reporter(
                message_id=self.claim.message_id,
                kind=MessageKind.UPDATE_FIRMWARE_REQUEST,
                user_id=self.request_id.originator,
            ),
            names_device=False,
            request_id=self.request_id,
            firmware_version=self.firmware_version,
            image_hash=self.image_hash,
            first_at=self.submitted_at,
            first_recorded_at=self.recorded_at,
            first_message_id=self.claim.message_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One request's update of the device, and how it stands.

    ``history`` is in the order of precedence, the greatest first; ``named_at`` the earliest time
    of what is about the request or about this very device, None while nothing tells one.
    ``addressee`` is the User whom the deciding event was sent to, None if nobody, or if it is about
    the whole request. ``is_refused``: the request refused the device, as attribution sees it.
    """

    request: Request
    status: Status
    reason: str | None
    updated_at: datetime
    addressee: Eui64 | None
    history: tuple[ReportedEvent, ...]
    named_at: datetime | None
    is_refused: bool

    @property
    def request_id(self) -> RequestId:
        """The request's ID."""
        return self.request.request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierStatement:
    """Who was stated to be the Responsible Supplier; None where DCC reported but a change."""

    supplier: Eui64 | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What all facts of a device come to, whoever may see them.

    ``distributions`` are newest request first; ``unattributed`` the events that fit none, the
    greatest first. ``known`` is None while nobody stated anything; the hub that the latest event
    names is in it, and else in ``named_hub``. ``activations`` are latest requested first;
    ``candidates`` are the requests as what names none of them sees them. ``parties`` are the Users
    that were party to a message that describes it. ``suppliers`` are latest first.
    """

    device_id: Eui64
    distributions: tuple[Distribution, ...]
    unattributed: tuple[ReportedEvent, ...]
    activations: tuple[Activation, ...]
    candidates: tuple[Candidate, ...]
    incidents: Sequence[ReportedIncident]
    known: Knowledge | None
    named_hub: tuple[Eui64, Origin] | None
    parties: frozenset[Eui64]
    suppliers: tuple[SupplierStatement, ...]
    reporters: Mapping[UUID, Reporter]
    response_ids: Mapping[UUID, ResponseId]


def fold(dossier: Dossier) -> Device:
    """Return what the facts of a device come to."""
    requests = [fold_request(file) for file in dossier.requests]
    named: dict[RequestId, list[ReportedEvent]] = {each.request_id: [] for each in requests}
    loose = []
    for event in dossier.events:
        if event.request_id is None:
            loose.append(event)
        else:
            named[event.request_id].append(event)
    candidates = [_candidate(each, named[each.request_id]) for each in requests]
    attributed, unattributed = _attribute(loose, candidates)
    distributions = [
        _distribution(request, candidate, named[request.request_id], attributed)
        for request, candidate in zip(requests, candidates, strict=True)
    ]
    known, named_hub = _knowledge(dossier)
    return Device(
        device_id=dossier.device_id,
        distributions=tuple(
            sorted(
                distributions,
                key=lambda each: (each.request.submitted_at, each.request_id),
                reverse=True,
            )
        ),
        unattributed=tuple(sorted(unattributed, key=precedence_of, reverse=True)),
        activations=activations_of(dossier.activation_events),
        candidates=tuple(candidates),
        incidents=dossier.incidents,
        known=known,
        named_hub=named_hub,
        parties=_parties(dossier.statements),
        suppliers=_suppliers(dossier),
        reporters=_reporters(dossier),
        response_ids=dossier.response_ids,
    )


def boundaries_of(dossier: Dossier) -> tuple[datetime, ...]:
    """Return the times, ascending, at which it may change to which request a loose event belongs.

    They are those from which on a request is one of its candidates.
    """
    named: dict[RequestId, list[ReportedEvent]] = {}
    for event in dossier.events:
        if event.request_id is not None:
            named.setdefault(event.request_id, []).append(event)
    candidates = (
        _candidate(fold_request(file), named.get(file.request_id, ())) for file in dossier.requests
    )
    times = {each.submitted_at for each in candidates if each.submitted_at is not None}
    return tuple(sorted(times))


def fold_request(file: RequestFile) -> Request:
    """Return what the facts of a request as a whole come to."""
    claim = min(file.statements, key=lambda each: each.message_id, default=None)
    answered = min(file.answered_variants, default=None)
    claimed = [each.firmware_version for each in file.namings if each.firmware_version is not None]
    sent = [each.sent_at for each in file.statements if each.sent_at is not None]
    whole_at = min(
        (*sent, *(each.first_at for each in file.steps), *file.incident_times), default=None
    )
    named = [each.named_at for each in file.namings]
    submitted_at = min((whole_at, *named) if whole_at else named, default=file.recorded_at)
    return Request(
        request_id=file.request_id,
        recorded_at=file.recorded_at,
        claim=claim,
        statement_count=len(file.statements),
        variant=answered if claim is None else claim.variant,
        firmware_version=min(claimed, default=None) if claim is None else claim.firmware_version,
        whole_at=whole_at,
        submitted_at=submitted_at,
        steps=file.steps,
        step=current_event(file.steps),
    )


def _candidate(request: Request, named: Sequence[ReportedEvent]) -> Candidate:
    """Return the request as the device's loose events see it, by the events that name it."""
    firsts = [event.first_at for event in named]
    if request.whole_at is not None:
        firsts.append(request.whole_at)
    return Candidate(
        request_id=request.request_id,
        submitted_at=min(firsts, default=None),
        image_hash=request.image_hash,
        firmware_versions=request.firmware_versions,
        is_refused=is_refused_by((*named, *request.steps)),
    )


def _attribute(
    loose: Iterable[ReportedEvent], candidates: Sequence[Candidate]
) -> tuple[Mapping[RequestId, list[ReportedEvent]], list[ReportedEvent]]:
    """Return the loose events by the request that each belongs to, and those that fit none."""
    attributed: dict[RequestId, list[ReportedEvent]] = {}
    unattributed = []
    for event in loose:
        found = _attribution(event, candidates)
        if found is None:
            unattributed.append(event)
        else:
            tied = event._replace(evidence=found.evidence)
            attributed.setdefault(found.request_id, []).append(tied)
    return attributed, unattributed


def _attribution(event: ReportedEvent, candidates: Iterable[Candidate]) -> Attribution | None:
    return best_candidate(
        Clue(
            at=event.occurred_at,
            image_hash=event.image_hash,
            firmware_version=event.firmware_version,
            addressee=event.reporter.user_id,
        ),
        candidates,
    )


def _distribution(
    request: Request,
    candidate: Candidate,
    named: Iterable[ReportedEvent],
    attributed: Mapping[RequestId, Sequence[ReportedEvent]],
) -> Distribution:
    own = [*named, *attributed.get(request.request_id, ())]
    is_refused = is_refused_by_name(own)
    arrival = request.arrival
    history = [*own, *(() if is_refused else request.steps)]
    if arrival is not None:
        history.append(arrival)
    history.sort(key=precedence_of, reverse=True)
    greatest = current_event(history)
    if greatest is None:  # nothing but its name is known of the request
        status, reason, updated_at = Status.RECEIVED, None, request.submitted_at
    else:
        status, reason, updated_at = greatest.status, greatest.reason, greatest.occurred_at
    return Distribution(
        request=request,
        status=status,
        reason=reason,
        updated_at=updated_at,
        addressee=None
        if greatest is None or not greatest.names_device
        else greatest.reporter.user_id,
        history=tuple(history),
        named_at=candidate.submitted_at,
        is_refused=candidate.is_refused,
    )


def _knowledge(dossier: Dossier) -> tuple[Knowledge | None, tuple[Eui64, Origin] | None]:
    """Return what is known of the device, and the hub that the latest event beside one names."""
    at_hub = max(
        (event for event in dossier.events if event.comms_hub_id is not None),
        key=lambda event: (event.occurred_at, event.message_id),
        default=None,
    )
    named_hub = None
    if at_hub is not None and at_hub.comms_hub_id is not None:
        named_hub = at_hub.comms_hub_id, Origin(at_hub.occurred_at, at_hub.message_id)
    stated = [
        knowledge_of(each.facts, each.reporter.message_id)
        for each in sorted(dossier.statements, key=lambda each: each.recorded_at)
    ]
    if not stated:
        return None, named_hub
    known = merge_statements(stated)
    return known if named_hub is None else with_comms_hub(known, *named_hub), named_hub


def _parties(statements: Iterable[InventoryStatement]) -> frozenset[Eui64]:
    users = (each.reporter.user_id for each in statements)
    return frozenset(user_id for user_id in users if user_id is not None)


def _suppliers(dossier: Dossier) -> tuple[SupplierStatement, ...]:
    """Return who was stated to be the supplier, latest first; of two at once the last recorded."""
    suppliers: dict[Origin, Eui64 | None] = {
        Origin(each.reported_at, each.reporter.message_id): None
        for each in dossier.supplier_changes
    }
    for each in sorted(dossier.statements, key=lambda each: each.recorded_at):
        if each.facts.responsible_supplier is not None:
            origin = Origin(each.facts.learnt_at, each.reporter.message_id)
            suppliers[origin] = each.facts.responsible_supplier
    return tuple(
        SupplierStatement(supplier=suppliers[origin], origin=origin)
        for origin in sorted(suppliers, key=lambda origin: origin.age, reverse=True)
    )


def _reporters(dossier: Dossier) -> Mapping[UUID, Reporter]:
    """Return the messages that tell what is known of the device, by their ID; an import is none."""
    reporters = {each.reporter.message_id: each.reporter for each in dossier.statements}
    reporters |= {each.reporter.message_id: each.reporter for each in dossier.supplier_changes}
    reporters |= {
        event.message_id: event.reporter
        for event in dossier.events
        if event.comms_hub_id is not None
    }
    reporters.pop(IMPORT_ID, None)
    return reporters
