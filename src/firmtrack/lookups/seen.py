"""A folded device as one viewer sees it: what the device's and the inventory's look-up answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import cast

from firmtrack.answers.devices import (
    DeviceAnswer,
    DeviceDistribution,
    HistoryEntry,
    OthersStep,
    OthersUpdate,
)
from firmtrack.answers.inventory import HubDevice, InventoryAnswer, SupplierPeriod
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.answers.sources import FactSource
from firmtrack.domain import seeing
from firmtrack.domain.activation import Chapters
from firmtrack.domain.disclosure import day_of, start_of_day
from firmtrack.domain.dossier import Device, Distribution, ReportedEvent, SupplierStatement
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.incidents import Befallen, Placed, befallen
from firmtrack.domain.inventory import IMPORT_ID, Knowledge, Origin, statement_of, with_comms_hub
from firmtrack.domain.precedence import precedence_of
from firmtrack.domain.reconciliation import Flag, Update, flags_of
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.viewer import Viewer


@dataclass(frozen=True, slots=True)
class _Own:
    """What of a device is the viewer's own: its distributions, newest first, and activations."""

    distributions: Sequence[Distribution]
    answers: Sequence[DistributionAnswer]
    chapters: Chapters


def device_seen(viewer: Viewer, device: Device) -> DeviceAnswer | None:
    """Return what the viewer sees of the device; None if nothing."""
    own = _own(viewer, device)
    unattributed = _unattributed(viewer, device)
    is_shown = seeing.sees_inventory(viewer, device)
    known = None if device.known is None else seeing.known_to(viewer, device.known)
    shown = known if is_shown else None
    incidents = _incidents(viewer, device, own, sees_facts=is_shown)
    has_activations = any(True for _ in own.chapters.all())
    is_party = not viewer.user_ids.isdisjoint(device.parties)
    if not (
        own.distributions
        or unattributed
        or has_activations
        or is_party
        or shown
        or incidents.others
    ):
        return None
    is_anothers = shown is not None and _source(viewer, device, shown.latest).is_anothers
    facts = None if shown is None else _facts(shown, latest_is_anothers=is_anothers)
    names_hub = any(entry.comms_hub_id is not None for entry in unattributed)
    return DeviceAnswer(
        device_id=device.device_id,
        inventory=facts,
        is_inventory_anothers=is_anothers,
        has_inventory=is_shown and bool(facts or own.distributions or has_activations or names_hub),
        not_tracked_reason=None
        if facts is None
        else not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region),
        distributions=tuple(
            DeviceDistribution(
                distribution=answer,
                history=_history(viewer, each.history),
                image=each.request.image,
                activations=own.chapters.of_request.get(each.request_id, ()),
                incidents=incidents.of_request.get(each.request_id, ()),
            )
            for each, answer in zip(own.distributions, own.answers, strict=True)
        ),
        unattributed=unattributed,
        other_activations=own.chapters.others,
        others_updates=tuple(
            _others_update(each)
            for each in device.distributions
            if not viewer.may_see(each.request_id) and seeing.sees_progress(viewer, device, each)
        ),
        supplier_changed_at=_supplier_changed_at(device)
        if seeing.knows_supplier(viewer, device)
        else None,
        flags=_flags(shown, own),
        incidents=incidents.others,
    )


def inventory_seen(
    viewer: Viewer, device: Device, hub_devices: Iterable[HubDevice]
) -> InventoryAnswer | None:
    """Return what the viewer sees of the device's inventory; None if nothing.

    ``hub_devices`` are those on the same hub that it may see.
    """
    if not seeing.sees_inventory(viewer, device):
        return None
    own = _own(viewer, device)
    known = knowledge_of_inventory(device)
    if not (known.facts or own.distributions or any(True for _ in own.chapters.all())):
        return None
    shown = seeing.known_to(viewer, known)
    facts = _facts(shown, latest_is_anothers=_source(viewer, device, shown.latest).is_anothers)
    return InventoryAnswer(
        facts=facts,
        sources={name: _source(viewer, device, fact.origin) for name, fact in shown.facts.items()},
        not_tracked_reason=not_tracked_reason(
            facts.device_type, facts.smets_version, facts.csp_region
        ),
        updates=tuple(own.answers),
        hub_devices=tuple(hub_devices),
        suppliers=tuple(_period(viewer, device, each) for each in device.suppliers)
        if seeing.knows_supplier(viewer, device)
        else (),
        flags=_flags(shown, own),
    )


def knowledge_of_inventory(device: Device) -> Knowledge:
    """Return what is known of a device, if only at which hub an event named it."""
    if device.known is not None:
        return device.known
    nothing = Knowledge(device_id=device.device_id, latest=Origin(None, IMPORT_ID), facts={})
    return nothing if device.named_hub is None else with_comms_hub(nothing, *device.named_hub)


def hub_of(device: Device) -> Eui64 | None:
    """Return the hub that the device is on, as far as known."""
    hub = knowledge_of_inventory(device).facts.get("comms_hub_id")
    return None if hub is None else cast("Eui64", hub.value)


def distribution_seen(viewer: Viewer, device: Device, each: Distribution) -> DistributionAnswer:
    """Return a distribution of a request that the viewer sees; of another's event only the day."""
    is_anothers = seeing.is_anothers(viewer, each.addressee)
    return DistributionAnswer(
        request_id=each.request_id,
        variant=each.request.variant,
        device_id=device.device_id,
        firmware_version=each.request.firmware_version,
        image_hash=each.request.image_hash,
        submitted_at=each.request.submitted_at,
        status=each.status,
        reason=each.reason,
        updated_at=start_of_day(each.updated_at) if is_anothers else each.updated_at,
        is_anothers_word=is_anothers,
    )


def _own(viewer: Viewer, device: Device) -> _Own:
    distributions = [each for each in device.distributions if viewer.may_see(each.request_id)]
    mine = Chapters(
        {
            request_id: tuple(each for each in of_one if viewer.may_see(each.request_id))
            for request_id, of_one in device.chapters.of_request.items()
        },
        tuple(each for each in device.chapters.others if viewer.may_see(each.request_id)),
    )
    return _Own(
        distributions=distributions,
        answers=[distribution_seen(viewer, device, each) for each in distributions],
        chapters=mine.seen(each.request_id for each in distributions),
    )


def _history(viewer: Viewer, events: Iterable[ReportedEvent]) -> tuple[HistoryEntry, ...]:
    """Return the events as the viewer may see them, repeats that follow each other as one."""
    entries = (_entry(viewer, event) for event in events)
    return tuple(_grouped(list(repeats)) for _, repeats in groupby(entries, key=_what))


def _what(entry: HistoryEntry) -> tuple[object, ...]:
    """Return what entries have in common that differ in nothing but times and messages."""
    return (
        entry.status, entry.names_device, entry.reason, entry.comms_hub_id,
        entry.firmware_version, entry.image_hash, entry.source_kind, entry.source_code,
        entry.evidence, entry.is_anothers,
    )  # fmt: skip


def _grouped(repeats: Sequence[HistoryEntry]) -> HistoryEntry:
    """Return one entry for repeats, the latest of which is the first."""
    if len(repeats) == 1:
        return repeats[0]
    return replace(
        repeats[0],
        times=sum(each.times for each in repeats),
        first_at=min(each.first_at for each in repeats),
        first_recorded_at=min(each.first_recorded_at for each in repeats),
    )


def _entry(viewer: Viewer, event: ReportedEvent) -> HistoryEntry:
    is_anothers = seeing.is_anothers(viewer, event.reporter.user_id)
    shown = seeing.day_only(event) if is_anothers else event
    return HistoryEntry(
        status=shown.status,
        occurred_at=shown.occurred_at,
        recorded_at=shown.recorded_at,
        names_device=shown.names_device,
        reason=shown.reason,
        device_time=shown.device_time,
        comms_hub_id=shown.comms_hub_id,
        firmware_version=shown.firmware_version,
        image_hash=shown.image_hash,
        source_kind=None if is_anothers else shown.reporter.kind,
        source_code=None if is_anothers else shown.reporter.code,
        message_id=None if is_anothers else shown.message_id,
        evidence=shown.evidence,
        is_anothers=is_anothers,
        times=shown.times,
        first_at=shown.first_at,
        first_recorded_at=shown.first_recorded_at,
    )


def _unattributed(viewer: Viewer, device: Device) -> tuple[HistoryEntry, ...]:
    """Return the events that were sent to the viewer and belong to none of its own requests.

    To which of others' requests they belong, and why, is not told.
    """
    fitting_none = [
        event for event in device.unattributed if seeing.sees_loose(viewer, event, fits_none=True)
    ]
    of_others = [
        event
        for each in device.distributions
        if not viewer.may_see(each.request_id)
        for event in each.history
        if seeing.sees_loose(viewer, event, fits_none=False)
    ]
    seen = sorted((*fitting_none, *of_others), key=precedence_of, reverse=True)
    return _history(viewer, (replace(event, evidence=None) for event in seen))


def _others_update(each: Distribution) -> OthersUpdate:
    """Return what the device's Responsible Supplier may see of another party's distribution."""
    return OthersUpdate(
        variant=each.request.variant,
        firmware_version=each.request.firmware_version,
        submitted_at=each.request.submitted_at,
        status=each.status,
        updated_at=each.updated_at,
        steps=tuple(
            OthersStep(status=event.status, occurred_at=event.occurred_at) for event in each.history
        ),
    )


def _incidents(viewer: Viewer, device: Device, own: _Own, *, sees_facts: bool) -> Befallen:
    placed = [
        Placed(
            request_id=each.request_id,
            status=each.status,
            variant=each.request.variant,
            submitted_at=each.named_at,
            hubs=_hubs(each.history),
            activations=[
                activation.request_id
                for activation in own.chapters.of_request.get(each.request_id, ())
            ],
        )
        for each in own.distributions
    ]
    return befallen(viewer, device.incidents, placed, sees_facts=sees_facts)


def _hubs(history: Iterable[ReportedEvent]) -> list[tuple[datetime, Eui64]]:
    return [
        (at, event.comms_hub_id)
        for event in history
        if event.comms_hub_id is not None
        for at in {event.first_at, event.occurred_at}
    ]


def _facts(shown: Knowledge, *, latest_is_anothers: bool) -> DeviceFacts:
    """Return what is shown as if the latest statement had said it; of another's only the day."""
    facts = statement_of(shown)
    return replace(facts, learnt_at=day_of(facts.learnt_at)) if latest_is_anothers else facts


def _source(viewer: Viewer, device: Device, origin: Origin) -> FactSource:
    """Return where a fact comes from, as far as the viewer may know."""
    learnt_at, message_id = origin
    if message_id == IMPORT_ID:
        return FactSource(learnt_at=learnt_at)
    reporter = device.reporters.get(message_id)
    user_id = None if reporter is None else reporter.user_id
    if seeing.is_anothers_statement(viewer, message_id, user_id):
        return FactSource(learnt_at=day_of(learnt_at), is_anothers=True)
    return FactSource(
        learnt_at=learnt_at,
        kind=None if reporter is None else reporter.kind,
        code=None if reporter is None else reporter.code,
        message_id=message_id,
    )


def _period(viewer: Viewer, device: Device, each: SupplierStatement) -> SupplierPeriod:
    is_told = viewer.sees_all or each.supplier in viewer.user_ids
    return SupplierPeriod(
        supplier=each.supplier if is_told else None,
        is_change=each.supplier is None,
        source=_source(viewer, device, each.origin),
    )


def _supplier_changed_at(device: Device) -> datetime | None:
    changes = (each.origin.learnt_at for each in device.suppliers if each.supplier is None)
    return max((at for at in changes if at is not None), default=None)


def _flags(shown: Knowledge | None, own: _Own) -> tuple[Flag, ...]:
    """Return what does not fit together of what the viewer sees."""
    updates = [
        Update(
            request_id=answer.request_id,
            status=answer.status,
            firmware_version=answer.firmware_version,
            header_version=None
            if each.request.image is None
            else each.request.image.header_version,
            image_problem=None if each.request.image is None else each.request.image.problem,
            submitted_at=answer.submitted_at,
            updated_at=answer.updated_at,
            activations=own.chapters.of_request.get(each.request_id, ()),
            statement_count=each.request.statement_count,
        )
        for each, answer in zip(own.distributions, own.answers, strict=True)
    ]
    return flags_of(shown, updates, own.chapters.others)
