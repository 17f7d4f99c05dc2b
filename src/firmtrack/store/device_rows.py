"""Rows of ``find_device`` to the device that they answer; its column order stands in the SQL."""

from collections.abc import Sequence
from json import loads
from typing import Any
from uuid import UUID

from psycopg.rows import TupleRow

from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import Knowledge, Origin, statement_of, with_comms_hub
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.stages import Stage, Status, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.activation_rows import activations_in, chapters_of, device_flags
from firmtrack.store.answers import (
    DeviceAnswer,
    DeviceDistribution,
    DistributionAnswer,
    HistoryEntry,
    OthersStep,
    OthersUpdate,
)
from firmtrack.store.knowledge_rows import device_knowledge, shown_to
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of
from firmtrack.store.rows import distribution_answer, image_facts

# How the columns of find_device fall apart.
_INVENTORY = slice(1, 17)
_ACTIVATION_WORDS = 17
_IS_OWN = 18
_IMAGE = 19
_REQUEST = slice(20, 24)
_DISTRIBUTION = slice(24, 32)
_HISTORY_KEY = 32
_HISTORY = slice(33, 45)
_OCCURRED_AT = 35
_COMMS_HUB_ID = 40
_USER_ID = 45
_MESSAGE_ID = 46


def device_answer(viewer: Viewer, device_id: Eui64, rows: list[TupleRow]) -> DeviceAnswer | None:
    """Return the device in the rows of ``find_device``, None if nothing of it may be seen."""
    distributions: dict[int, DistributionAnswer] = {}
    images: dict[int, ImageFacts | None] = {}
    others: set[int] = set()
    history: dict[int | None, list[HistoryEntry]] = {}
    for row in rows:
        request_key, *parts = row[_REQUEST]
        if request_key is not None and request_key not in distributions:
            found = distribution_answer(request_id_of(*parts), device_id, row[_DISTRIBUTION])
            distributions[request_key] = found
            image = row[_IMAGE]
            images[request_key] = image_facts(image and loads(image), found.image_hash)
            if not row[_IS_OWN]:
                others.add(request_key)
        if row[_MESSAGE_ID] is not None and _is_told(viewer, row):
            entry = _history_entry(row[_HISTORY], row[_MESSAGE_ID])
            history.setdefault(row[_HISTORY_KEY], []).append(entry)
    own = {key: each for key, each in distributions.items() if key not in others}
    is_acquainted, *_ = rows[0]
    known = _device_knowledge(viewer, device_id, rows)
    facts = None if known is None else statement_of(known)
    unattributed = tuple(history.get(None, ()))
    activations = activations_in(device_id, rows[0][_ACTIVATION_WORDS])
    is_shown = (
        viewer.sees_all
        or is_acquainted
        or any(map(_was_accepted, own.values()))
        or (facts is not None and facts.responsible_supplier in viewer.user_ids)
    )
    if not (own or unattributed or activations or is_acquainted or (is_shown and facts)):
        return None
    chapters = chapters_of(activations, own.values())
    return DeviceAnswer(
        device_id=device_id,
        inventory=facts if is_shown else None,
        has_inventory=is_shown and bool(facts or own or activations),
        not_tracked_reason=None
        if facts is None
        else not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region),
        distributions=tuple(
            DeviceDistribution(
                distribution=each,
                history=tuple(history.get(key, ())),
                image=images[key],
                activations=chapters.of_request.get(each.request_id, ()),
            )
            for key, each in own.items()
        ),
        unattributed=unattributed,
        other_activations=chapters.others,
        others_updates=tuple(
            _others_update(distributions[key], history.get(key, ()))
            for key in distributions
            if key in others
        ),
        flags=device_flags(
            known if is_shown else None,
            [(each, images[key]) for key, each in own.items()],
            chapters,
        ),
    )


def _others_update(
    distribution: DistributionAnswer, history: Sequence[HistoryEntry]
) -> OthersUpdate:
    """Return what the device's Responsible Supplier may see of another party's distribution."""
    return OthersUpdate(
        variant=distribution.variant,
        firmware_version=distribution.firmware_version,
        submitted_at=distribution.submitted_at,
        status=distribution.status,
        updated_at=distribution.updated_at,
        steps=tuple(
            OthersStep(status=entry.status, occurred_at=entry.occurred_at) for entry in history
        ),
    )


def _was_accepted(distribution: DistributionAnswer) -> bool:
    """Whether DCC took the device's update on: to name a device in a request is not enough."""
    status = distribution.status
    return status.stage > Stage.VALIDATED or status is Status.ACCEPTED


def _is_told(viewer: Viewer, row: TupleRow) -> bool:
    """Whether the row's history is the viewer's to see.

    Word of a visible distribution is; word that fits no request is if it was sent to the viewer.
    """
    if row[_HISTORY_KEY] is not None:
        return bool(row[_HISTORY_KEY] == row[_REQUEST.start])
    user_id = row[_USER_ID]
    return viewer.sees_all or (user_id is not None and eui_of(user_id) in viewer.user_ids)


def _history_entry(said: Sequence[Any], message_id: UUID) -> HistoryEntry:
    (stage, failed, occurred_at, recorded_at, names_device, reason, device_time, comms_hub_id,
     firmware_version, image_hash, kind, code) = said  # fmt: skip
    return HistoryEntry(
        status=status_at(Stage(stage), is_bad=failed),
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        names_device=names_device,
        reason=reason,
        device_time=device_time,
        comms_hub_id=None if comms_hub_id is None else eui_of(comms_hub_id),
        firmware_version=firmware_version,
        image_hash=image_hash,
        source_kind=KIND_OF_NUMBER[kind],
        source_code=code,
        message_id=message_id,
    )


def _device_knowledge(viewer: Viewer, device_id: Eui64, rows: list[TupleRow]) -> Knowledge | None:
    """Return what the inventory knows, the hub being the one that the latest word names."""
    known = device_knowledge(device_id, rows[0][_INVENTORY])
    if known is None:
        return None
    named_hubs = [
        (row[_OCCURRED_AT], row[_MESSAGE_ID], row[_COMMS_HUB_ID])
        for row in rows
        if row[_COMMS_HUB_ID] is not None
    ]
    if named_hubs:
        occurred_at, message_id, comms_hub_id = max(named_hubs)
        known = with_comms_hub(known, eui_of(comms_hub_id), Origin(occurred_at, message_id))
    return shown_to(viewer, known)
