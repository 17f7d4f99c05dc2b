"""Which messages an answer names: of each of them DCC's Response ID is told as well."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from firmtrack.answers.devices import DeviceAnswer, HistoryEntry
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.domain.activation import Activation
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.presentation.event_places import EVENTS_AT_ONCE


def messages_in(entries: Iterable[HistoryEntry]) -> set[UUID]:
    """Return the messages that tell the entries, as far as the viewer may know them."""
    return {each.message_id for each in entries if each.message_id is not None}


def messages_named(answer: DeviceAnswer, diagnoses: Iterable[Diagnosis | None]) -> set[UUID]:
    """Return the messages that a device's answer names, of a long history those that it shows."""
    named = messages_in(answer.unattributed[:EVENTS_AT_ONCE])
    named.update(_of_incidents(answer.incidents))
    named.update(_of_activations(answer.other_activations))
    for each in answer.distributions:
        named |= messages_in(each.history[:EVENTS_AT_ONCE])
        named.update(_of_incidents(each.incidents))
        named.update(_of_activations(each.activations))
    named.update(
        evidence.message_id
        for diagnosis in diagnoses
        if diagnosis is not None
        for evidence in diagnosis.evidence
        if evidence.message_id is not None
    )
    return named


def messages_of_inventory(answer: InventoryAnswer) -> set[UUID]:
    """Return the messages that an answer about the inventory names."""
    sources = (*answer.sources.values(), *(each.source for each in answer.suppliers))
    return {each.message_id for each in sources if each.message_id is not None}


def _of_incidents(entries: Iterable[IncidentEntry]) -> Iterator[UUID]:
    return (each.source.message_id for each in entries if each.source is not None)


def _of_activations(activations: Iterable[Activation]) -> Iterator[UUID]:
    return (event.message_id for each in activations for event in each.events)
