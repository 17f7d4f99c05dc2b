"""What a viewer sees of a device, as the answers of the device's and the inventory's look-up."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from typing import cast

from firmtrack.answers.devices import (
    MARK_OCTETS,
    DeviceAnswer,
    DeviceDistribution,
    HistoryEntry,
    OthersStep,
    OthersUpdate,
)
from firmtrack.answers.inventory import HubDevice, InventoryAnswer, SupplierPeriod
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.answers.sources import FactSource
from firmtrack.domain.dossier import Device, Distribution, ReportedEvent
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import IMPORT_ID, Knowledge, Origin, statement_of, with_comms_hub
from firmtrack.domain.reconciliation import Flag, WeighedUpdate, flags_of
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.seeing import SeenDistribution, SeenEvent, SeenSource, View
from firmtrack.domain.stages import Status


def device_answer(view: View) -> DeviceAnswer | None:
    """Return the device as it is seen; None if nothing of it is."""
    shown = view.known if view.sees_inventory else None
    unattributed = _history(view, view.unattributed)
    has_activations = any(True for _ in view.chapters.all())
    if not (
        view.own
        or unattributed
        or has_activations
        or view.is_party
        or shown
        or view.incidents.others
    ):
        return None
    latest = None if shown is None else view.source_of(shown.latest)
    facts = None if shown is None else statement_of(shown)
    if facts is not None and latest is not None:
        facts = replace(facts, learnt_at=latest.learnt_at)
    changed = _supplier_change(view)
    names_hub = any(entry.comms_hub_id is not None for entry in unattributed)
    return DeviceAnswer(
        device_id=view.device.device_id,
        inventory=facts,
        is_inventory_anothers=latest is not None and latest.is_anothers,
        has_inventory=view.sees_inventory
        and bool(facts or view.own or has_activations or names_hub),
        not_tracked_reason=None
        if facts is None
        else not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region),
        distributions=tuple(
            DeviceDistribution(
                distribution=_distribution(view.device, seen),
                history=_history(view, seen.history),
                image=seen.distribution.request.image,
                activations=view.chapters.of_request.get(seen.distribution.request_id, ()),
                incidents=view.incidents.of_request.get(seen.distribution.request_id, ()),
            )
            for seen in view.own
        ),
        unattributed=unattributed,
        other_activations=view.chapters.others,
        others_updates=tuple(_others_update(each) for each in view.others),
        supplier_changed_at=None if changed is None else changed.learnt_at,
        is_supplier_change_anothers=changed is not None and changed.is_anothers,
        flags=_flags(view, shown),
        incidents=view.incidents.others,
    )


def inventory_answer(view: View, hub_devices: Iterable[HubDevice]) -> InventoryAnswer | None:
    """Return the device's inventory as it is seen; None if nothing of it is.

    ``hub_devices`` are those on the same hub that the viewer sees.
    """
    known = knowledge_of(view)
    if not view.sees_inventory or not (
        known.facts or view.own or any(True for _ in view.chapters.all())
    ):
        return None
    facts = replace(statement_of(known), learnt_at=view.source_of(known.latest).learnt_at)
    return InventoryAnswer(
        facts=facts,
        sources={name: _source(view, fact.origin) for name, fact in known.facts.items()},
        not_tracked_reason=not_tracked_reason(
            facts.device_type, facts.smets_version, facts.csp_region
        ),
        updates=tuple(_distribution(view.device, seen) for seen in view.own),
        hub_devices=tuple(hub_devices),
        suppliers=tuple(
            SupplierPeriod(
                supplier=each.supplier if sees_supplier else None,
                is_change=each.supplier is None,
                source=_source(view, each.origin),
            )
            for each, sees_supplier in view.suppliers
        ),
        flags=_flags(view, known),
    )


def knowledge_of(view: View) -> Knowledge:
    """Return what the viewer may know of the device, if only at which hub an event named it."""
    if view.known is not None:
        return view.known
    nothing = Knowledge(device_id=view.device.device_id, latest=Origin(None, IMPORT_ID), facts={})
    hub = view.device.named_hub
    return nothing if hub is None else with_comms_hub(nothing, *hub)


def hub_of(view: View) -> Eui64 | None:
    """Return the hub that the device is on, as far as known."""
    hub = knowledge_of(view).facts.get("comms_hub_id")
    return None if hub is None else cast("Eui64", hub.value)


def _distribution(device: Device, seen: SeenDistribution) -> DistributionAnswer:
    each = seen.distribution
    return DistributionAnswer(
        request_id=each.request_id,
        variant=each.request.variant,
        device_id=device.device_id,
        firmware_version=each.request.firmware_version,
        image_hash=each.request.image_hash,
        submitted_at=each.request.submitted_at,
        status=each.status,
        reason=each.reason,
        updated_at=seen.updated_at,
        is_anothers_event=seen.is_anothers,
    )


def single_entries(view: View, request_id: RequestId | None) -> tuple[HistoryEntry, ...] | None:
    """Return the entries of a history before repeats are grouped, the greatest first.

    That of the device's distribution in ``request_id``, or, with None, of what belongs to no
    request that the viewer sees. None if the viewer sees no such distribution.
    """
    if request_id is None:
        return _entries(view, view.unattributed)
    for seen in view.own:
        if seen.distribution.request_id == request_id:
            return _entries(view, seen.history)
    return None


def repeats_grouped(entries: Iterable[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """Return the entries, those that follow each other and repeat each other as one."""
    return tuple(_grouped(list(repeats)) for _, repeats in groupby(entries, key=_what))


def _history(view: View, events: Iterable[SeenEvent]) -> tuple[HistoryEntry, ...]:
    return repeats_grouped(_entries(view, events))


def _entries(view: View, events: Iterable[SeenEvent]) -> tuple[HistoryEntry, ...]:
    return tuple(_entry(seen, view.device.device_id) for seen in events)


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
    return repeats[0]._replace(
        times=sum(each.times for each in repeats),
        first_at=min(each.first_at for each in repeats),
        first_recorded_at=min(each.first_recorded_at for each in repeats),
        mark=repeats[-1].mark,
    )


def _entry(seen: SeenEvent, device_id: Eui64) -> HistoryEntry:
    event, is_anothers = seen.event, seen.is_anothers
    return HistoryEntry(
        status=event.status,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        names_device=event.names_device,
        reason=event.reason,
        device_time=event.device_time,
        comms_hub_id=event.comms_hub_id,
        firmware_version=event.firmware_version,
        image_hash=event.image_hash,
        source_kind=None if is_anothers else event.reporter.kind,
        source_code=None if is_anothers else event.reporter.code,
        message_id=None if is_anothers else event.message_id,
        evidence=event.evidence,
        is_anothers=is_anothers,
        times=event.times,
        first_at=event.first_at,
        first_recorded_at=event.first_recorded_at,
        mark=_mark(event, device_id),
    )


def _mark(event: ReportedEvent, device_id: Eui64) -> bytes:
    named = bytes([event.names_device]) + device_id.to_bytes(8, "big")
    return blake2b(named + event.first_message_id.bytes, digest_size=MARK_OCTETS).digest()


def _others_update(each: Distribution) -> OthersUpdate:
    """Return what the device's Responsible Supplier may see of another party's distribution.

    Of each status that it reached, the last time.
    """
    reached: dict[Status, datetime] = {}
    for event in each.history:
        reached[event.status] = max(event.occurred_at, reached.get(event.status, event.occurred_at))
    return OthersUpdate(
        variant=each.request.variant,
        firmware_version=each.request.firmware_version,
        submitted_at=each.request.submitted_at,
        status=each.status,
        updated_at=each.updated_at,
        steps=tuple(
            OthersStep(status=status, occurred_at=occurred_at)
            for status, occurred_at in reached.items()
        ),
    )


def _source(view: View, origin: Origin) -> FactSource:
    seen = view.source_of(origin)
    reporter = seen.reporter
    return FactSource(
        learnt_at=seen.learnt_at,
        kind=None if reporter is None else reporter.kind,
        code=None if reporter is None else reporter.code,
        message_id=None if reporter is None else reporter.message_id,
        is_anothers=seen.is_anothers,
    )


def _supplier_change(view: View) -> SeenSource | None:
    """Return what reports the last change of the device's supplier."""
    changes = (each.origin for each, _ in view.suppliers if each.supplier is None)
    latest = next((origin for origin in changes if origin.learnt_at is not None), None)
    return None if latest is None else view.source_of(latest)


def _flags(view: View, shown: Knowledge | None) -> tuple[Flag, ...]:
    """Return what does not fit together of what the viewer sees."""
    updates = [
        WeighedUpdate(
            request_id=each.request_id,
            status=each.status,
            firmware_version=each.request.firmware_version,
            header_version=None if image is None else image.header_version,
            image_problem=None if image is None else image.problem,
            submitted_at=each.request.submitted_at,
            updated_at=seen.updated_at,
            activations=view.chapters.of_request.get(each.request_id, ()),
            statement_count=each.request.statement_count,
        )
        for seen in view.own
        for each in (seen.distribution,)
        for image in (each.request.image,)
    ]
    return flags_of(shown, updates, view.chapters.others)
