"""What stays when the facts of past months go: which updates of a device, by its facts alone.

Facts go by whole months of DCC's time, but what is kept is a distribution: one device in one
request, with every word about it. It stays while it is open, or while any word about it is of a
month that is kept; and with it stays what its look-up is made of. The rule is written here once,
and once more as sets in SQL (``store/retention``); a property holds the two together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from firmtrack.domain.activation import Activation, activations_of
from firmtrack.domain.attribution import Candidate, Clue, best_candidate, fitting
from firmtrack.domain.dossier import Device, Distribution, Dossier, ReportedEvent, fold
from firmtrack.domain.facts import Event, Incident, Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.incidents import FACTS_OF_HUB
from firmtrack.domain.stages import (
    ActivationStatus,
    CompletionStatus,
    Status,
    completion_of,
)

_PENDING = frozenset({ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED})


def staying(
    dossier: Dossier, kept_from: datetime, withdrawn: Sequence[ReportedEvent] = ()
) -> frozenset[RequestId]:
    """Return the requests whose updates of the device stay when what is before ``kept_from`` goes.

    ``withdrawn`` are events of the device that do not count, but may again: they keep what they
    name as others do.
    """
    device = fold(dossier)
    loose = [each for each in (*dossier.events, *withdrawn) if each.request_id is None]
    stays = {
        each.request_id
        for each in device.distributions
        if _is_open(each) or _has_kept_word(each, kept_from)
    }
    stays.update(
        each.request_id
        for each in withdrawn
        if each.request_id is not None and each.occurred_at >= kept_from
    )
    ties = [*_loose_ties(loose, device.candidates, kept_from)]
    ties += _activation_ties(activations_of(dossier.activation_events), device, kept_from)
    ties += _incident_ties(dossier, device, kept_from)
    ties += _success_ties(device)
    return _closed(stays, ties)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tie:
    """Something that is said of several updates at once: while it stays, so do they.

    It stays if ``is_kept``, or while one of ``owners`` stays.
    """

    updates: frozenset[RequestId]
    owners: frozenset[RequestId]
    is_kept: bool


def _closed(stays: set[RequestId], ties: Sequence[_Tie]) -> frozenset[RequestId]:
    """Return what stays with what stays, until that is all."""
    while True:
        more = {
            request_id
            for tie in ties
            if tie.is_kept or not stays.isdisjoint(tie.owners)
            for request_id in tie.updates
        }
        if more <= stays:
            return frozenset(stays)
        stays |= more


def _is_open(distribution: Distribution) -> bool:
    completion = completion_of(distribution.status, distribution.request.variant)
    return completion is CompletionStatus.IN_PROGRESS


def _has_kept_word(distribution: Distribution, kept_from: datetime) -> bool:
    """Return whether anything that names the request, for this device or for all, is kept.

    Events that name no request are ties: they may keep others, too.
    """
    request = distribution.request
    named = (each for each in distribution.history if each.request_id is not None)
    words = (each.occurred_at for each in (*named, *request.steps))
    return request.submitted_at >= kept_from or any(at >= kept_from for at in words)


def _loose_ties(
    loose: Iterable[ReportedEvent], candidates: Sequence[Candidate], kept_from: datetime
) -> Iterator[_Tie]:
    """Yield what each event that names no request ties: all requests that it may be of.

    That it is of another than today's may turn out later, so these stay as long as it does.
    """
    for event in loose:
        clue = Clue(
            at=event.occurred_at,
            image_hash=event.image_hash,
            firmware_version=event.firmware_version,
            addressee=event.reporter.user_id,
        )
        best = best_candidate(clue, candidates)
        if best is not None:
            yield _Tie(
                updates=frozenset(each.request_id for each in fitting(clue, candidates)),
                owners=frozenset({best.request_id}),
                is_kept=event.occurred_at >= kept_from,
            )


def _activation_ties(
    activations: Iterable[Activation], device: Device, kept_from: datetime
) -> Iterator[_Tie]:
    """Yield what each activation ties: all updates whose image it may be of."""
    for activation in activations:
        updates = _may_have_brought(activation, device.candidates)
        times = [each.event.occurred_at or each.recorded_at for each in activation.events]
        yield _Tie(
            updates=updates,
            owners=updates,
            is_kept=activation.status in _PENDING or max(times) >= kept_from,
        )


def _may_have_brought(
    activation: Activation, candidates: Iterable[Candidate]
) -> frozenset[RequestId]:
    return frozenset(
        each.request_id
        for each in candidates
        if activation.image_hash is None
        or each.image_hash is None
        or activation.image_hash == each.image_hash
    )


def _incident_ties(dossier: Dossier, device: Device, kept_from: datetime) -> Iterator[_Tie]:
    """Yield what each incident ties: the updates that it may concern, whoever looks."""
    activations = {each.request_id: each for each in activations_of(dossier.activation_events)}
    for reported in dossier.incidents:
        incident = reported.incident
        is_kept = incident.occurred_at >= kept_from
        updates = _concerned(incident, device, activations)
        if incident.kind in FACTS_OF_HUB:
            # One of a hub goes by each update by itself.
            yield _Tie(updates=updates, owners=frozenset(), is_kept=is_kept)
        else:
            yield _Tie(updates=updates, owners=updates, is_kept=is_kept)


def _concerned(
    incident: Incident, device: Device, activations: Mapping[RequestId, Activation]
) -> frozenset[RequestId]:
    if incident.request_id is not None:
        activation = activations.get(incident.request_id)
        brought = (
            frozenset[RequestId]()
            if activation is None
            else _may_have_brought(activation, device.candidates)
        )
        return brought | {
            each.request_id
            for each in device.distributions
            if each.request_id == incident.request_id
        }
    if incident.kind in FACTS_OF_HUB:
        return frozenset(
            each.request_id
            for each in device.distributions
            if any(event.comms_hub_id == incident.comms_hub_id for event in each.history)
        )
    before = [each for each in device.distributions if _is_before(each, incident)]
    newest: dict[Eui64, RequestId] = {}
    for each in before:  # the newest request first; each party sees its own
        newest.setdefault(each.request_id.originator, each.request_id)
    return frozenset(newest.values()) | {each.request_id for each in before if _is_open(each)}


def _is_before(distribution: Distribution, incident: Incident) -> bool:
    at = distribution.named_at
    return distribution.status is not Status.REJECTED and (at is None or at <= incident.occurred_at)


def _success_ties(device: Device) -> Iterator[_Tie]:
    """Yield of each originator the newest success: what was requested before it is overtaken.

    Whoever looks sees some originators' updates, and is told of the newest success among them.
    """
    newest: dict[Eui64, Distribution] = {}
    for each in device.distributions:  # the newest request first
        if completion_of(each.status, each.request.variant) is CompletionStatus.SUCCESSFUL:
            newest.setdefault(each.request_id.originator, each)
    for success in newest.values():
        yield _Tie(
            updates=frozenset({success.request_id}),
            owners=frozenset(
                each.request_id
                for each in device.distributions
                if each.request.submitted_at < success.request.submitted_at
            ),
            is_kept=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of what some messages name.

    ``requests`` are update requests that are known; of those ``thinned`` some devices' updates have
    gone. ``pruned`` are Service Requests that have gone whole. ``devices`` have an update that is
    kept, ``updates`` are such by device and request; ``activations`` are the activation requests
    that are known, ``hubs`` have a device beside them.
    """

    requests: frozenset[RequestId] = frozenset()
    thinned: frozenset[RequestId] = frozenset()
    pruned: frozenset[RequestId] = frozenset()
    devices: frozenset[Eui64] = frozenset()
    updates: frozenset[tuple[Eui64, RequestId]] = frozenset()
    activations: frozenset[RequestId] = frozenset()
    hubs: frozenset[Eui64] = frozenset()

    def with_all_of(self, message: Message) -> "Kept":
        """Return this with what the message itself makes known."""
        named = message.named_requests()
        listed = () if message.request is None else message.request.device_ids
        devices = (*listed, *(event.device_id for event in message.events))
        return replace(
            self,
            requests=self.requests | named,
            thinned=self.thinned - named,
            devices=self.devices | frozenset(devices),
        )


def is_before_retention(message: Message, kept_from: datetime, kept: Kept) -> bool:
    """Return whether a message that is not stored tells only of what has gone.

    Such a message carries a time from before ``kept_from``, or is about requests that have gone,
    and names nothing that is kept. What it says of the inventory is always of use.
    """
    if message.devices or message.proposal or message.verdict or message.supplier_change:
        return False
    if message.is_dated:
        is_old = message.occurred_at is not None and message.occurred_at < kept_from
        return is_old and not _names_kept(message, kept)
    asked = service_requests_of(message)
    if asked and asked <= kept.pruned and asked.isdisjoint(kept.requests | kept.activations):
        return True
    # A stage report about devices whose updates have gone, of a request of which some are kept.
    return (
        bool(message.events)
        and not message.steps
        and asked <= kept.thinned
        and all(
            event.occurred_at < kept_from and not _is_kept(event, kept) for event in message.events
        )
    )


def service_requests_of(message: Message) -> frozenset[RequestId]:
    """Return all Service Requests that the message names, of updates and of activations."""
    activation = message.activation
    of_activation = frozenset[RequestId]() if activation is None else {activation.request_id}
    return message.named_requests() | message.befallen_requests() | of_activation


def _names_kept(message: Message, kept: Kept) -> bool:
    whole = {step.request_id for step in message.steps} | message.befallen_requests()
    if message.request is not None:
        whole.add(message.request.request_id)
    if message.answer is not None:
        whole.add(message.answer.request_id)
    if not whole.isdisjoint(kept.requests | kept.activations):
        return True
    if any(_is_kept(event, kept) for event in message.events):
        return True
    activation = message.activation
    if activation is not None and (
        activation.request_id in kept.activations or activation.request_id.target in kept.devices
    ):
        return True
    return any(
        incident.device_id in kept.devices or incident.comms_hub_id in kept.hubs
        for incident in message.incidents
    )


def _is_kept(event: Event, kept: Kept) -> bool:
    """Return whether an event is about an update that is kept, or one that never went."""
    if event.request_id is None:
        return event.device_id in kept.devices
    if event.request_id in kept.thinned:
        return (event.device_id, event.request_id) in kept.updates
    return event.request_id in kept.requests
