"""Rows of ``find_device`` to the device that they answer; its column order stands in the SQL."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from json import loads

from psycopg.rows import TupleRow

from firmtrack.answers.devices import (
    DeviceAnswer,
    DeviceDistribution,
    HistoryEntry,
    OthersStep,
    OthersUpdate,
)
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.domain.attribution import Candidate, Evidence
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.incidents import Befallen, Placed, befallen
from firmtrack.domain.inventory import Knowledge, Origin, with_comms_hub
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.stages import Stage, Status, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.ledger.incidents import incidents_in
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of
from firmtrack.store.reading.activation_rows import (
    Chapters,
    activations_in,
    candidates_in,
    chapters_of,
    device_flags,
)
from firmtrack.store.reading.knowledge_rows import (
    device_knowledge,
    is_anothers,
    shown_to,
    statement_shown,
)
from firmtrack.store.reading.rows import distribution_answer, image_facts, is_anothers_word

# How the columns of find_device fall apart.
_IS_ACQUAINTED = 0
_INVENTORY = slice(1, 17)
_ACTIVATION_WORDS = 17
_SUPPLIER_CHANGED_AT = 18
_CANDIDATES = 19
_IS_OWN = 20
_IMAGE = 21
_STATEMENT_COUNT = 22
_REQUEST = slice(23, 27)
_DISTRIBUTION = slice(27, 36)
_HISTORY_KEY = 36
_HISTORY = slice(37, 50)
_OCCURRED_AT = 39
_COMMS_HUB_ID = 44
_USER_ID = 50
_MESSAGE_ID = 51
_LATEST_USER_ID = 52
_INCIDENTS = 53


@dataclass(frozen=True, slots=True)
class _Update:
    """A visible distribution; ``is_own`` unless it is another party's."""

    distribution: DistributionAnswer
    image: ImageFacts | None
    statement_count: int
    is_own: bool


# Who sees another party's update sees its times, too.
_RESPONSIBLE_SUPPLIER = Viewer.of_dcc("the Responsible Supplier of another party's update")

_History = Mapping[int | None, Sequence[HistoryEntry]]


def device_answer(viewer: Viewer, device_id: Eui64, rows: list[TupleRow]) -> DeviceAnswer | None:
    """Return the device in the rows of ``find_device``, None if nothing of it may be seen."""
    updates = _updates(viewer, device_id, rows)
    own = {key: each for key, each in updates.items() if each.is_own}
    history = _history(viewer, rows, own)
    unattributed = tuple(history.get(None, ()))
    activations = activations_in(device_id, rows[0][_ACTIVATION_WORDS])
    known = _device_knowledge(viewer, device_id, rows)
    is_acquainted = rows[0][_IS_ACQUAINTED]
    knows_supplier = viewer.sees_all or (known is not None and _is_responsible(viewer, known))
    is_shown = (
        knows_supplier
        or is_acquainted
        or any(_was_accepted(each.distribution) for each in own.values())
    )
    shown = known if is_shown else None
    candidates = candidates_in(rows[0][_CANDIDATES])
    chapters = chapters_of(activations, candidates).seen(
        each.distribution.request_id for each in own.values()
    )
    incidents = _incidents(viewer, rows, own, history, candidates, chapters, sees_facts=is_shown)
    if not (own or unattributed or activations or is_acquainted or shown or incidents.others):
        return None
    is_others_word = shown is not None and is_anothers(
        viewer, shown.latest, rows[0][_LATEST_USER_ID]
    )
    facts = None if shown is None else statement_shown(shown, latest_is_anothers=is_others_word)
    names_hub = any(entry.comms_hub_id is not None for entry in unattributed)
    return DeviceAnswer(
        device_id=device_id,
        inventory=facts,
        is_inventory_anothers=is_others_word,
        has_inventory=is_shown and bool(facts or own or activations or names_hub),
        not_tracked_reason=None
        if facts is None
        else not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region),
        distributions=tuple(
            DeviceDistribution(
                distribution=each.distribution,
                history=tuple(history.get(key, ())),
                image=each.image,
                activations=chapters.of_request.get(each.distribution.request_id, ()),
                incidents=incidents.of_request.get(each.distribution.request_id, ()),
            )
            for key, each in own.items()
        ),
        unattributed=unattributed,
        other_activations=chapters.others,
        others_updates=tuple(
            _others_update(each.distribution, history.get(key, ()))
            for key, each in updates.items()
            if not each.is_own
        ),
        supplier_changed_at=rows[0][_SUPPLIER_CHANGED_AT] if knows_supplier else None,
        flags=device_flags(
            shown,
            [(each.distribution, each.image, each.statement_count) for each in own.values()],
            chapters,
        ),
        incidents=incidents.others,
    )


def _updates(viewer: Viewer, device_id: Eui64, rows: Iterable[TupleRow]) -> Mapping[int, _Update]:
    """Return the visible distributions by request key, newest request first."""
    updates: dict[int, _Update] = {}
    for row in rows:
        request_key, *parts = row[_REQUEST]
        if request_key is not None and request_key not in updates:
            sees_times = viewer if row[_IS_OWN] else _RESPONSIBLE_SUPPLIER
            found = distribution_answer(
                sees_times, request_id_of(*parts), device_id, row[_DISTRIBUTION]
            )
            image = row[_IMAGE]
            updates[request_key] = _Update(
                distribution=found,
                image=image_facts(image and loads(image), found.image_hash),
                statement_count=row[_STATEMENT_COUNT],
                is_own=row[_IS_OWN],
            )
    return updates


def _history(viewer: Viewer, rows: Iterable[TupleRow], own: Collection[int]) -> _History:
    """Return what was said of each visible distribution by request key.

    Under None, what was sent to the viewer and belongs to none of its ``own``.
    """
    history: dict[int | None, list[HistoryEntry]] = {}
    for row in rows:
        if row[_MESSAGE_ID] is None:
            continue
        key, user_id = row[_HISTORY_KEY], row[_USER_ID]
        if key is not None and key == row[_REQUEST.start]:
            sees_times = viewer if key in own else _RESPONSIBLE_SUPPLIER
            history.setdefault(key, []).append(_history_entry(sees_times, row))
        is_sent_here = user_id is not None and eui_of(user_id) in viewer.user_ids
        if key not in own and (is_sent_here or (key is None and viewer.sees_all)):
            # To which of others' requests it belongs, and why, is not told.
            entry = replace(_history_entry(viewer, row), evidence=None)
            history.setdefault(None, []).append(entry)
    return history


def _incidents(
    viewer: Viewer,
    rows: Sequence[TupleRow],
    own: Mapping[int, _Update],
    history: _History,
    candidates: Iterable[Candidate],
    chapters: Chapters,
    *,
    sees_facts: bool,
) -> Befallen:
    """Return what the viewer sees of what befell the device's updates."""
    submitted_at = {each.request_id: each.submitted_at for each in candidates}
    placed = [
        Placed(
            request_id=each.distribution.request_id,
            status=each.distribution.status,
            variant=each.distribution.variant,
            submitted_at=submitted_at[each.distribution.request_id],
            hubs=[
                (entry.occurred_at, entry.comms_hub_id)
                for entry in history.get(key, ())
                if entry.comms_hub_id is not None
            ],
            activations=[
                activation.request_id
                for activation in chapters.of_request.get(each.distribution.request_id, ())
            ],
        )
        for key, each in own.items()
    ]
    return befallen(viewer, incidents_in(rows[0][_INCIDENTS]), placed, sees_facts=sees_facts)


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


def _is_responsible(viewer: Viewer, known: Knowledge) -> bool:
    supplier = known.facts.get("responsible_supplier")
    return supplier is not None and supplier.value in viewer.user_ids


def _history_entry(viewer: Viewer, row: TupleRow) -> HistoryEntry:
    (stage, failed, occurred_at, recorded_at, names_device, reason, device_time, comms_hub_id,
     firmware_version, image_hash, evidence, kind, code) = row[_HISTORY]  # fmt: skip
    entry = HistoryEntry(
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
        message_id=row[_MESSAGE_ID],
        evidence=None if evidence is None else Evidence(evidence),
        first_at=occurred_at,
        first_recorded_at=recorded_at,
    )
    return _as_anothers(entry) if is_anothers_word(viewer, row[_USER_ID]) else entry


def _as_anothers(entry: HistoryEntry) -> HistoryEntry:
    """Return what may be told of a word that was sent to another party."""
    return replace(
        entry,
        occurred_at=start_of_day(entry.occurred_at),
        recorded_at=start_of_day(entry.recorded_at),
        device_time=None,
        source_kind=None,
        source_code=None,
        message_id=None,
        is_anothers=True,
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
