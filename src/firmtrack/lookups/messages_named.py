"""Which messages an answer names: of each of them DCC's Response ID is told as well."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from firmtrack.answers.devices import DeviceAnswer, HistoryEntry
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.answers.sources import ResponseIds
from firmtrack.domain.activation import Activation
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.domain.seeing import View
from firmtrack.presentation.event_places import EVENTS_AT_ONCE


def response_ids_of(view: View, named: Iterable[UUID]) -> ResponseIds:
    """Return DCC's Response ID of each message that has one, of those that an answer names.

    A device's facts know them of all messages; an answer names those that its viewer may know.
    """
    known = view.device.response_ids
    return {each: known[each] for each in named if each in known}


def messages_in(entries: Iterable[HistoryEntry]) -> Iterator[UUID]:
    """Yield the messages that tell the entries, as far as the viewer may know them."""
    return (each.message_id for each in entries if each.message_id is not None)


def messages_named(answer: DeviceAnswer, diagnoses: Iterable[Diagnosis | None]) -> Iterator[UUID]:
    """Yield the messages that a device's answer names, of a long history those that it shows."""
    yield from messages_in(answer.unattributed[:EVENTS_AT_ONCE])
    yield from _of_incidents(answer.incidents)
    yield from _of_activations(answer.other_activations)
    for each in answer.distributions:
        yield from messages_in(each.history[:EVENTS_AT_ONCE])
        yield from _of_incidents(each.incidents)
        yield from _of_activations(each.activations)
    for diagnosis in diagnoses:
        for evidence in () if diagnosis is None else diagnosis.evidence:
            if evidence.message_id is not None:
                yield evidence.message_id


def messages_of_inventory(answer: InventoryAnswer) -> Iterator[UUID]:
    """Yield the messages that an answer about the inventory names."""
    sources = (*answer.sources.values(), *(each.source for each in answer.suppliers))
    return (each.message_id for each in sources if each.message_id is not None)


def _of_incidents(entries: Iterable[IncidentEntry]) -> Iterator[UUID]:
    return (each.source.message_id for each in entries if each.source is not None)


def _of_activations(activations: Iterable[Activation]) -> Iterator[UUID]:
    return (event.message_id for each in activations for event in each.events)
