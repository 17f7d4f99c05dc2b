from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest

from firmtrack.domain.facts import (
    AnswerFacts,
    Event,
    ImageFacts,
    Message,
    MessageKind,
    RequestFacts,
    RequestStep,
)
from firmtrack.domain.identifiers import Eui64, RequestId, parse_firmware_version
from firmtrack.domain.stages import Status, Variant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALPHA, DCC, METER = Eui64(1), Eui64(2), Eui64(3)
ONE, TWO = RequestId(ALPHA, DCC, 1), RequestId(ALPHA, DCC, 2)
REQUEST = RequestFacts(
    request_id=ONE,
    variant=Variant.UPDATE_FIRMWARE,
    firmware_version=parse_firmware_version("0000A001"),
    image=ImageFacts(size_bytes=1_000),
    device_ids=(METER,),
)
ANSWER = AnswerFacts(
    request_id=ONE, variant=Variant.UPDATE_FIRMWARE, response_code="I0", answered_at=NOON
)
STEP = RequestStep(request_id=ONE, status=Status.ACCEPTED, occurred_at=NOON)


def event(request_id: RequestId | None) -> Event:
    return Event(device_id=METER, status=Status.VERIFIED, occurred_at=NOON, request_id=request_id)


def message(**said: Any) -> Message:
    kind = MessageKind.UPDATE_FIRMWARE_RESPONSE
    return Message(digest=bytes(range(32)), kind=kind, body=b"<x/>", **said)


def test_the_message_id_is_the_first_half_of_its_digest() -> None:
    assert str(message().message_id) == "00010203-0405-0607-0809-0a0b0c0d0e0f"


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ({}, 0),
        ({"request": REQUEST}, 1),
        ({"answer": ANSWER, "steps": (STEP,)}, 1),
        ({"steps": (STEP,), "events": (event(ONE), event(None))}, 3),
    ],
)
def test_a_message_tells_its_steps_its_events_and_its_own_arrival(
    said: dict[str, Any], count: int
) -> None:
    assert message(**said).event_count == count


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({}, set()),
        ({"request": REQUEST}, {ONE}),
        ({"answer": ANSWER}, {ONE}),
        ({"steps": (STEP,)}, {ONE}),
        ({"events": (event(None),)}, set()),
        ({"steps": (STEP,), "events": (event(TWO), event(None))}, {ONE, TWO}),
    ],
)
def test_a_message_names_every_request_that_anything_in_it_names(
    said: dict[str, Any], named: set[RequestId]
) -> None:
    assert message(**said).named_requests() == named


def test_a_fact_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(STEP, "status", Status.REJECTED)  # noqa: B010 - mypy would refuse the plain form
