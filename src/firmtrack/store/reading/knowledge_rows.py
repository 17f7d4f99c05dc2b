"""Rows of the inventory to what is known of a device, and what of it a viewer may know."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import TupleRow

from firmtrack.domain.disclosure import day_of
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import (
    EUI_FACTS,
    FACT_NAMES,
    IMPORT_ID,
    Knowledge,
    Known,
    Origin,
    statement_of,
)
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import eui_of


def device_knowledge(device_id: Eui64, row: TupleRow) -> Knowledge | None:
    """Return what a row of ``device`` holds, None if it is one of nulls.

    Its columns: device_id, learnt_at, message_id, the facts in the order of FACT_NAMES, older.
    """
    known_id, learnt_at, message_id, *values, older = row
    if known_id is None:
        return None
    latest = Origin(learnt_at, message_id)
    origins = {name: _origin(*place) for name, place in (older or {}).items()}
    return Knowledge(
        device_id=device_id,
        latest=latest,
        facts={
            name: Known(eui_of(value) if name in EUI_FACTS else value, origins.get(name, latest))
            for name, value in zip(FACT_NAMES, values, strict=True)
            if value is not None
        },
    )


def _origin(learnt_at: str | None, message_id: str) -> Origin:
    at = None if learnt_at is None else datetime.fromisoformat(learnt_at).astimezone(UTC)
    return Origin(at, UUID(message_id))


def shown_to(viewer: Viewer, known: Knowledge) -> Knowledge:
    """Return what is known; who is the Responsible Supplier only that supplier and DCC may see."""
    supplier = known.facts.get("responsible_supplier")
    if supplier is None or viewer.sees_all or supplier.value in viewer.user_ids:
        return known
    others = {name: fact for name, fact in known.facts.items() if fact is not supplier}
    return replace(known, facts=others)


def is_anothers(viewer: Viewer, origin: Origin, user_id: int | None) -> bool:
    """Return whether word came in a message that is not the viewer's to see.

    ``user_id`` is the stored number of the message's User, None if it has none. What an operator
    imported is nobody's.
    """
    party = None if user_id is None else eui_of(user_id)
    return origin.message_id != IMPORT_ID and not viewer.is_party_to(party)


def statement_shown(shown: Knowledge, *, latest_is_anothers: bool) -> DeviceFacts:
    """Return what is shown as if the latest statement had said it; of another's only the day."""
    facts = statement_of(shown)
    return replace(facts, learnt_at=day_of(facts.learnt_at)) if latest_is_anothers else facts
