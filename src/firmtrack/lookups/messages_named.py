"""Which messages an answer names: of each of them DCC's Response ID is told as well.

They come with the times that they carry, by which they are found; None where no time is at hand.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from firmtrack.answers.devices import DeviceAnswer, HistoryEntry
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.domain.activation import Activation
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.presentation.event_places import EVENTS_AT_ONCE

Named: TypeAlias = dict[UUID, datetime | None]


def messages_in(entries: Iterable[HistoryEntry]) -> Named:
    """Return the messages that tell the entries, as far as the viewer may know them."""
    return {each.message_id: each.occurred_at for each in entries if each.message_id is not None}


def messages_named(answer: DeviceAnswer, diagnoses: Iterable[Diagnosis | None]) -> Named:
    """Return the messages that a device's answer names, of a long history those that it shows."""
    named = messages_in(answer.unattributed[:EVENTS_AT_ONCE])
    named.update(_of_incidents(answer.incidents))
    named.update(_of_activations(answer.other_activations))
    for each in answer.distributions:
        named |= messages_in(each.history[:EVENTS_AT_ONCE])
        named.update(_of_incidents(each.incidents))
        named.update(_of_activations(each.activations))
    for diagnosis in diagnoses:
        for evidence in () if diagnosis is None else diagnosis.evidence:
            if evidence.message_id is not None:
                named.setdefault(evidence.message_id, None)
    return named


def messages_of_inventory(answer: InventoryAnswer) -> Named:
    """Return the messages that an answer about the inventory names."""
    sources = (*answer.sources.values(), *(each.source for each in answer.suppliers))
    return {each.message_id: each.learnt_at for each in sources if each.message_id is not None}


def _of_incidents(entries: Iterable[IncidentEntry]) -> Iterator[tuple[UUID, datetime | None]]:
    for each in entries:
        if each.source is not None:
            yield each.source.message_id, each.source.incident.occurred_at


def _of_activations(
    activations: Iterable[Activation],
) -> Iterator[tuple[UUID, datetime | None]]:
    for each in activations:
        for event in each.events:
            yield event.message_id, event.event.occurred_at
