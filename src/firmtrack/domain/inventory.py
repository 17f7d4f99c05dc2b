"""What is known of a device: each fact as last stated, with when and from what it was learnt.

The order in which statements come does not matter: the later one on a fact wins, and an earlier
one that comes late fills only what nobody stated later. ``firmtrack.store.ledger.inventory`` writes
the same rule in SQL, for sets.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import reduce
from typing import Any, NamedTuple
from uuid import UUID

from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64

IMPORT_ID = UUID(int=0)
"""Stands where a message's ID would, for what an operator imported."""

FACT_NAMES = tuple(
    field.name for field in fields(DeviceFacts) if field.name not in {"device_id", "learnt_at"}
)
"""What there is to know of a device: the fields of DeviceFacts that are facts, in their order."""

EUI_FACTS = frozenset(
    field.name
    for field in fields(DeviceFacts)
    if field.name in FACT_NAMES and field.type == Eui64 | None
)
"""The facts that are EUI-64s; the others are texts."""

IMPORTED_FACTS = tuple(name for name in FACT_NAMES if name != "smi_firmware_version")
"""The facts that a row of an inventory file may state, in their order: its firmware version is what
DCC's own inventory held."""

_BEFORE_ANY = datetime.min.replace(tzinfo=UTC)


class Origin(NamedTuple):
    """Which statement a fact is from: DCC's time, None if it has none; its message, or import."""

    learnt_at: datetime | None
    message_id: UUID

    @property
    def age(self) -> tuple[datetime, UUID]:
        """The order of statements: the latest is the greatest, one without a time the oldest."""
        return self.learnt_at or _BEFORE_ANY, self.message_id


class Known(NamedTuple):
    """A fact's value, and where it comes from."""

    value: object
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """All that is known of one device; ``facts`` leaves out what nobody stated.

    ``latest`` is the origin of the latest statement about the device.
    """

    device_id: Eui64
    latest: Origin
    facts: Mapping[str, Known]


def knowledge_of(statement: DeviceFacts, message_id: UUID) -> Knowledge:
    """Return what a single statement makes known."""
    origin = Origin(statement.learnt_at, message_id)
    stated = ((name, getattr(statement, name)) for name in FACT_NAMES)
    return Knowledge(
        device_id=statement.device_id,
        latest=origin,
        facts={name: Known(value, origin) for name, value in stated if value is not None},
    )


def facts_once_taken(facts: DeviceFacts, taken_at: datetime) -> DeviceFacts:
    """Return what a proposal states once DCC says to have taken it at ``taken_at``.

    Of several answers that take it, each says so: the latest counts, whichever comes first.
    """
    return replace(facts, learnt_at=taken_at)


def with_comms_hub(known: Knowledge, comms_hub_id: Eui64, origin: Origin) -> Knowledge:
    """Return what is known once an alert has named the hub that it came through.

    That is no statement about the device: ``latest`` stays.
    """
    stated = Knowledge(
        device_id=known.device_id,
        latest=known.latest,
        facts={"comms_hub_id": Known(comms_hub_id, origin)},
    )
    return merge(known, stated)


def statement_of(known: Knowledge) -> DeviceFacts:
    """Return all that is known as if the latest statement had stated it."""
    values: dict[str, Any] = {name: fact.value for name, fact in known.facts.items()}
    return DeviceFacts(device_id=known.device_id, learnt_at=known.latest.learnt_at, **values)


def merge(known: Knowledge, stated: Knowledge) -> Knowledge:
    """Return what is known after ``stated`` of the same device came to what was known.

    Of two statements of the same age, which only two imports can be, the last to come counts.
    """
    facts = dict(known.facts)
    for name, fact in stated.facts.items():
        if name not in facts or fact.origin.age >= facts[name].origin.age:
            facts[name] = fact
    return Knowledge(
        device_id=known.device_id,
        latest=max(known.latest, stated.latest, key=lambda origin: origin.age),
        facts=facts,
    )


def merge_statements(stated: Iterable[Knowledge]) -> Knowledge:
    """Return what statements about one device, at least one, come to: its facts in their order."""
    known = reduce(merge, stated)
    facts = {name: known.facts[name] for name in FACT_NAMES if name in known.facts}
    return replace(known, facts=facts)


def merge_all(stated: Iterable[Knowledge]) -> Mapping[Eui64, Knowledge]:
    """Return what statements about any devices come to, by device."""
    by_device: dict[Eui64, list[Knowledge]] = {}
    for each in stated:
        by_device.setdefault(each.device_id, []).append(each)
    return {device_id: merge_statements(each) for device_id, each in by_device.items()}
