"""The look-up of one device's inventory: its statements, and their rows to the answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.inventory import HubDevice, InventoryAnswer, SupplierPeriod
from firmtrack.answers.sources import FactSource
from firmtrack.domain.disclosure import day_of
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import IMPORT_ID, Knowledge, Origin, with_comms_hub
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of, to_bigint
from firmtrack.store.reading import statement
from firmtrack.store.reading.activation_rows import (
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
from firmtrack.store.reading.rows import distribution_answer, image_facts

# DCC answers with up to 17 devices on a hub; more are a hub that the inventory has wrong.
_SISTERS = 50

# How the columns of find_inventory fall apart.
_IS_SHOWN = 0
_LATEST_HUB = slice(1, 4)
_DEVICE = slice(4, 20)
_ACTIVATION_WORDS = 20
_CANDIDATES = 21


class _Message(NamedTuple):
    """What a message is, and the stored number of the User that sent or was sent it."""

    kind: MessageKind | None
    code: str | None
    user_id: int | None


_NOT_KEPT = _Message(None, None, None)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where a device's facts come from, as far as the viewer may know."""

    viewer: Viewer
    messages: Mapping[UUID, _Message]

    def of(self, origin: Origin) -> FactSource:
        """Return the source of what a statement told."""
        learnt_at, message_id = origin
        if message_id == IMPORT_ID:
            return FactSource(learnt_at=learnt_at)
        message = self.messages.get(message_id, _NOT_KEPT)
        if is_anothers(self.viewer, origin, message.user_id):
            return FactSource(learnt_at=day_of(learnt_at), is_anothers=True)
        return FactSource(
            learnt_at=learnt_at, kind=message.kind, code=message.code, message_id=message_id
        )


def look_up(
    connection: Connection[TupleRow], viewer: Viewer, device_id: Eui64
) -> InventoryAnswer | None:
    """Return what the viewer may see of the device's inventory, None if nothing."""
    asked: dict[str, object] = {
        "device_id": to_bigint(device_id),
        "sees_all": viewer.sees_all,
        "user_ids": [to_bigint(user_id) for user_id in viewer.user_ids],
    }
    row = connection.execute(statement("find_inventory"), asked).fetchone()
    assert row is not None
    if not row[_IS_SHOWN]:
        return None
    known = _knowledge(device_id, row)
    updates = connection.execute(statement("list_updates"), asked).fetchall()
    activations = activations_in(device_id, row[_ACTIVATION_WORDS])
    if not (known.facts or updates or activations):
        return None
    shown = shown_to(viewer, known)
    suppliers = _suppliers(connection, viewer, known)
    origins = [known.latest.message_id]
    origins += [word.origin.message_id for word in known.facts.values()]
    origins += [message_id for _, message_id, _ in suppliers]
    sources = _sources(connection, viewer, origins)
    distributions = []
    for image, statement_count, originator, target, counter, *standing in updates:
        request_id = request_id_of(originator, target, counter)
        each = distribution_answer(viewer, request_id, device_id, tuple(standing))
        distributions.append((each, image_facts(image, each.image_hash), statement_count))
    chapters = chapters_of(activations, candidates_in(row[_CANDIDATES])).seen(
        each.request_id for each, *_ in distributions
    )
    facts = statement_shown(shown, latest_is_anothers=sources.of(shown.latest).is_anothers)
    return InventoryAnswer(
        facts=facts,
        sources={name: sources.of(word.origin) for name, word in shown.facts.items()},
        not_tracked_reason=not_tracked_reason(
            facts.device_type, facts.smets_version, facts.csp_region
        ),
        updates=tuple(each for each, *_ in distributions),
        hub_devices=_sisters(connection, asked, known),
        suppliers=tuple(_period(each, viewer, sources) for each in suppliers),
        flags=device_flags(shown, distributions, chapters),
    )


def _knowledge(device_id: Eui64, row: TupleRow) -> Knowledge:
    """Return what is known of the device, if only that it is named."""
    known = device_knowledge(device_id, row[_DEVICE]) or Knowledge(
        device_id=device_id, latest=Origin(None, IMPORT_ID), facts={}
    )
    comms_hub_id, occurred_at, message_id = row[_LATEST_HUB]
    if comms_hub_id is None:
        return known
    return with_comms_hub(known, eui_of(comms_hub_id), Origin(occurred_at, message_id))


def _suppliers(
    connection: Connection[TupleRow], viewer: Viewer, known: Knowledge
) -> Sequence[TupleRow]:
    """Return (learnt_at, message_id, supplier) of every word on the supplier, latest first.

    Nothing for a viewer who is neither DCC nor the present Responsible Supplier.
    """
    latest = known.facts.get("responsible_supplier")
    if not viewer.sees_all and (latest is None or latest.value not in viewer.user_ids):
        return []
    rows = connection.execute(
        statement("list_suppliers"), {"device_id": to_bigint(known.device_id)}
    ).fetchall()
    if latest is not None:
        supplier = to_bigint(cast("Eui64", latest.value))
        rows.append((latest.origin.learnt_at, latest.origin.message_id, supplier))
    return sorted(rows, key=lambda row: Origin(row[0], row[1]).age, reverse=True)


def _period(row: TupleRow, viewer: Viewer, sources: _Sources) -> SupplierPeriod:
    learnt_at, message_id, stored = row
    supplier = None if stored is None else eui_of(stored)
    is_told = viewer.sees_all or supplier in viewer.user_ids
    return SupplierPeriod(
        supplier=supplier if is_told else None,
        is_change=supplier is None,
        source=sources.of(Origin(learnt_at, message_id)),
    )


def _sources(
    connection: Connection[TupleRow], viewer: Viewer, message_ids: Iterable[UUID]
) -> _Sources:
    rows = connection.execute(statement("list_sources"), (list(message_ids),))
    return _Sources(
        viewer,
        {
            message_id: _Message(KIND_OF_NUMBER[kind], code, user_id)
            for message_id, kind, code, user_id in rows
        },
    )


def _sisters(
    connection: Connection[TupleRow], asked: Mapping[str, object], known: Knowledge
) -> tuple[HubDevice, ...]:
    hub = known.facts.get("comms_hub_id")
    if hub is None:
        return ()
    on_hub = {"comms_hub_id": to_bigint(cast("Eui64", hub.value)), "limit": _SISTERS}
    return tuple(
        HubDevice(device_id=eui_of(device_id), device_type=device_type)
        for device_id, device_type in connection.execute(
            statement("list_sisters"), {**asked, **on_hub}
        )
    )
