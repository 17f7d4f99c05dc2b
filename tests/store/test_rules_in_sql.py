"""The rules in SQL and the rules in Python are the same, whatever comes, in whatever order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from firmtrack.domain.attribution import Candidate, is_refused_by
from firmtrack.domain.dossier import Device, fold
from firmtrack.domain.facts import Event, Message, RequestFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.precedence import current_event
from firmtrack.domain.stages import CompletionStatus, Status, Variant, completion_of
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import PORTIONS, Batch, Portions, record
from firmtrack.store.reading.dossiers import read_dossier
from tests.examples import examples
from tests.looking import find_device
from tests.rules import StatusEvent, attribute
from tests.store.drawn import (
    digests,
    image_hashes,
    request_ids,
    some_meters,
    users,
)
from tests.store.facts import (
    DCC,
    OTHER_VERSION,
    VERSION,
    answer,
    at,
    distributions,
    reported,
    request,
    step,
)

# Few values, so that histories are full of ties.
times = st.integers(0, 4).map(at)
# Two numbers, in several spellings.
versions = st.sampled_from(
    [VERSION, OTHER_VERSION, *map(FirmwareVersion, ("0a0b0c0d", "A0B0C0D", "0xA0B0E"))]
)
variants = st.sampled_from(Variant)

requests = st.builds(
    request,
    request_ids,
    some_meters,
    sent_at=st.none() | times,
    version=versions,
    image_hash=st.none() | image_hashes,
    header_version=st.none() | versions,
    variant=variants,
    identity=digests,
)
answers = st.builds(
    answer,
    request_ids,
    answered_at=times,
    code=st.sampled_from(["I0", "E110101"]),
    refused=st.just(()) | some_meters,
    variant=variants,
    identity=digests,
)
steps = st.builds(
    step,
    st.sampled_from(Status),
    times,
    request_id=request_ids,
    reason=st.none() | st.sampled_from(["N1", "N2"]),
    identity=digests,
)
claimed_events = st.builds(
    reported,
    st.sampled_from(Status),
    times,
    some_meters,
    request_id=request_ids,
    reason=st.none() | st.sampled_from(["N3", "N4"]),
    version=st.none() | versions,
    image_hash=st.none() | image_hashes,
    user_id=users,
    identity=digests,
)
# No message refuses a device without naming the request, so no loose event is a refusal.
loose_events = st.builds(
    reported,
    st.sampled_from([status for status in Status if status is not Status.REJECTED]),
    times,
    some_meters,
    request_id=st.none(),
    version=st.none() | versions,
    image_hash=st.none() | image_hashes,
    user_id=users,
    identity=digests,
)
messages = requests | answers | steps | claimed_events | loose_events | loose_events
histories = st.lists(messages, min_size=1, max_size=14, unique_by=lambda message: message.digest)


# So large as ever, and so small that few devices are already many.
portions = st.sampled_from(
    [PORTIONS, *(Portions(devices=few, events=most) for few in (1, 2) for most in (1, 3, 100))]
)


class Delivery:
    """A history, and the batches in which it comes: shuffled, and some messages twice."""

    def __init__(
        self, history: list[Message], batches: list[list[Message]], portions: Portions = PORTIONS
    ) -> None:
        self.history = history
        self.batches = batches
        self.portions = portions

    def __repr__(self) -> str:
        batches = (",\n  ".join(map(str, batch)) for batch in self.batches)
        return "Delivery(\n [" + "],\n [".join(batches) + f"],\n {self.portions})"


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    history = draw(histories)
    again = draw(st.lists(st.sampled_from(history), max_size=4))
    coming = draw(st.permutations([*history, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(coming)), max_size=4)))
    starts, ends = [0, *cuts], [*cuts, len(coming)]
    batches = [coming[start:end] for start, end in zip(starts, ends, strict=True)]
    return Delivery(history, batches, draw(portions))


@dataclass(frozen=True)
class Standing:
    """Where a distribution stands; times are None where only the moment of recording is known."""

    status: Status
    reason: str | None
    updated_at: datetime | None
    completion: CompletionStatus


@dataclass(frozen=True)
class Known:
    """What a set of messages says of one request."""

    request_id: RequestId
    messages: Sequence[Message]

    @cached_property
    def claim(self) -> tuple[bytes, RequestFacts] | None:
        """The message that is the request: of several, the one with the smallest digest."""
        return min(
            ((m.digest, m.request) for m in self.messages if m.request and self._is_it(m.request)),
            default=None,
            key=lambda claim: claim[0],
        )

    @cached_property
    def events(self) -> list[tuple[Message, Event]]:
        return [(m, e) for m in self.messages for e in m.events if self._is_it(e)]

    @cached_property
    def whole_at(self) -> datetime | None:
        """The earliest time of what is said of the request as a whole."""
        reported = [
            m.request.sent_at for m in self.messages if m.request and self._is_it(m.request)
        ]
        reported += [
            m.answer.answered_at for m in self.messages if m.answer and self._is_it(m.answer)
        ]
        reported += [s.occurred_at for m in self.messages for s in m.steps if self._is_it(s)]
        reported += [
            i.occurred_at
            for m in self.messages
            for i in m.incidents
            if i.device_id is None and self._is_it(i)
        ]
        return _earliest(reported)

    @property
    def submitted_at(self) -> datetime | None:
        """The earliest time at which anything names the request: what is shown."""
        return _earliest([self.whole_at, *(event.occurred_at for _, event in self.events)])

    @property
    def variant(self) -> Variant | None:
        if self.claim is not None:
            return self.claim[1].variant
        answered = (m.answer.variant for m in self.messages if m.answer and self._is_it(m.answer))
        return min(answered, default=None)

    @cached_property
    def device_ids(self) -> frozenset[Eui64]:
        listed = (
            m.request.device_ids for m in self.messages if m.request and self._is_it(m.request)
        )
        return frozenset(event.device_id for _, event in self.events).union(*listed)

    @property
    def firmware_version(self) -> FirmwareVersion | None:
        """The version that the request states, or else that events claim."""
        claimed = [e.firmware_version for _, e in self.events if e.firmware_version is not None]
        return self.claim[1].firmware_version if self.claim else min(claimed, default=None)

    def candidate(self, device_id: Eui64) -> Candidate:
        """The request as words of a device see it."""
        facts = self.claim[1] if self.claim else None
        stated = self.firmware_version
        header = facts.image.header_version if facts else None
        own = [(m, event) for m, event in self.events if event.device_id == device_id]
        status_events = [status_event for status_event, _ in self.events_about_all]
        status_events += [_status_event(e.status, True, e.occurred_at, m, e.reason) for m, e in own]
        return Candidate(
            request_id=self.request_id,
            submitted_at=_earliest([self.whole_at, *(event.occurred_at for _, event in own)]),
            image_hash=facts.image.manufacturer_image_hash if facts else None,
            firmware_versions=tuple(each for each in (stated, header) if each is not None),
            is_refused=is_refused_by(status_events),
        )

    @property
    def events_about_all(self) -> Iterator[tuple[StatusEvent, datetime | None]]:
        """What is said of the whole request, each with its time if any is known."""
        for message in self.messages:
            for said in filter(self._is_it, message.steps):
                yield (
                    _status_event(said.status, False, said.occurred_at, message, said.reason),
                    said.occurred_at,
                )
        if self.claim is not None:
            arrived_at = self.submitted_at
            status_event = StatusEvent(
                status=Status.RECEIVED,
                names_device=False,
                occurred_at=arrived_at or at(0),
                digest=self.claim[0],
            )
            yield status_event, arrived_at

    def _is_it(self, said: Any) -> bool:
        return said is not None and said.request_id == self.request_id


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _status_event(
    status: Status, names_device: bool, occurred_at: datetime, message: Message, reason: str | None
) -> StatusEvent:
    return StatusEvent(
        status=status,
        names_device=names_device,
        occurred_at=occurred_at,
        digest=message.digest,
        reason=reason,
    )


@dataclass(frozen=True)
class Expectation:
    """What is so by the rules in Python, computed from all messages at once."""

    standings: dict[tuple[RequestId, Eui64], Standing]
    unattributed: frozenset[tuple[Eui64, UUID]]


def expected(history: Sequence[Message]) -> Expectation:
    named: frozenset[RequestId] = reduce(or_, (m.named_requests() for m in history), frozenset())
    known = [Known(request_id, history) for request_id in named]
    status_events: dict[tuple[RequestId, Eui64], list[tuple[StatusEvent, datetime | None]]] = {
        (request.request_id, device_id): list(request.events_about_all)
        for request in known
        for device_id in request.device_ids
    }
    unattributed = set()
    for message in history:
        for event in message.events:
            candidates = [
                r.candidate(event.device_id) for r in known if event.device_id in r.device_ids
            ]
            belongs_to = attribute(event, message.user_id, candidates)
            if belongs_to is None:
                unattributed.add((event.device_id, message.message_id))
            else:
                status_event = _status_event(
                    event.status, True, event.occurred_at, message, event.reason
                )
                status_events[belongs_to, event.device_id].append((status_event, event.occurred_at))
    variants_of = {request.request_id: request.variant for request in known}
    return Expectation(
        standings={
            key: _standing(said, variants_of[key[0]]) for key, said in status_events.items()
        },
        unattributed=frozenset(unattributed),
    )


def _standing(
    said: Iterable[tuple[StatusEvent, datetime | None]], variant: Variant | None
) -> Standing:
    times_of = dict(said)
    status_event = current_event(times_of)
    assert status_event is not None
    return Standing(
        status=status_event.status,
        reason=status_event.reason,
        updated_at=times_of[status_event],
        completion=completion_of(status_event.status, variant),
    )


def tracked(history: Sequence[Message]) -> Expectation:
    """What the store's queries answer."""
    named: frozenset[RequestId] = reduce(or_, (m.named_requests() for m in history), frozenset())
    standings = {
        (request_id, each.device_id): Standing(
            each.status, each.reason, each.updated_at, each.completion
        )
        for request_id in named
        for each in distributions(request_id)
    }
    devices = {event.device_id for message in history for event in message.events}
    devices_known = {device_id: folded(device_id) for device_id in devices}
    return Expectation(
        standings=standings,
        unattributed=frozenset(
            (device_id, event.message_id)
            for device_id, found in devices_known.items()
            for event in found.unattributed
        ),
    )


def folded(device_id: Eui64) -> Device:
    """A device before repeats are shown as one."""
    with pool().connection() as connection:
        return fold(read_dossier(connection, device_id))


@pytest.mark.usefixtures("database")
@given(deliveries())
@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_queries_answer_what_the_rules_say(database: str, delivery: Delivery) -> None:
    history = delivery.history
    empty()
    for batch in delivery.batches:
        record(Batch(messages=batch), delivery.portions)

    expectation, answered = expected(history), tracked(history)

    assert answered.unattributed == expectation.unattributed
    assert without_times_of_recording(answered, expectation) == expectation.standings
    assert_history_agrees(history, answered)
    assert disagreements() == []


def without_times_of_recording(
    answered: Expectation, expectation: Expectation
) -> dict[tuple[RequestId, Eui64], Standing]:
    """Return what was answered; where nothing tells a time the moment of recording stands."""
    timeless = {
        key for key, standing in expectation.standings.items() if standing.updated_at is None
    }
    return {
        key: replace(found, updated_at=None) if key in timeless else found
        for key, found in answered.standings.items()
    }


def assert_history_agrees(history: Sequence[Message], answered: Expectation) -> None:
    """The first line of a distribution's history is its current status."""
    for device_id in {event.device_id for message in history for event in message.events}:
        found = find_device(DCC, device_id)
        assert found is not None
        for each in found.distributions:
            current = answered.standings[each.distribution.request_id, device_id]
            first = each.history[0]
            assert (first.status, first.reason, first.occurred_at) == (
                current.status,
                current.reason,
                current.updated_at,
            )


def empty() -> None:
    """Empty the tables by rows: with so few, that is quicker than to truncate."""
    with pool().connection() as connection:
        for table in (
            "dated_message", "undated_message", "request", "recorded_request_statement",
            "recorded_request_step", "recorded_request_naming", "recorded_event", "distribution",
        ):  # fmt: skip
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
