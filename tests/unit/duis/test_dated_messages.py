"""A message that carries DCC's time never has another, and all that it tells is of that time."""

from datetime import timedelta

import pytest
from lxml import etree

from firmtrack.domain.facts import UNDATED_KINDS, MessageKind
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.unit.duis.every_sample import RECORDED
from tests.unit.duis.reading import message, with_text
from tests.unit.duis.samples import NOW

LATER = NOW + timedelta(days=400)
NAMES = sorted(RECORDED)


def response_time(name: str) -> str | None:
    root = etree.fromstring(write(RECORDED[name]))
    header = root.find(f"{{{DUIS_NAMESPACE}}}Header")
    assert header is not None
    return header.findtext(f"{{{DUIS_NAMESPACE}}}ResponseDateTime")


def test_there_is_a_sample_of_every_kind() -> None:
    kinds = {message(document).kind for document in RECORDED.values()}
    assert kinds | {MessageKind.STAGE_REPORT} == set(MessageKind)


def test_a_stage_report_is_undated() -> None:
    assert MessageKind.STAGE_REPORT in UNDATED_KINDS


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_dated_if_its_header_has_dccs_time(name: str) -> None:
    assert message(RECORDED[name]).is_dated == (response_time(name) is not None)


@pytest.mark.parametrize("name", [each for each in NAMES if response_time(each)])
def test_all_that_a_dated_message_tells_is_of_its_time(name: str) -> None:
    told = message(RECORDED[name], received_at=LATER)

    assert told.occurred_at is not None
    assert told.occurred_at.isoformat(timespec="seconds")[:19] == response_time(name)[:19]  # type: ignore[index]  # it has one
    times = {event.occurred_at for event in told.events}
    times.update(step.occurred_at for step in told.steps)
    times.update(incident.occurred_at for incident in told.incidents)
    if told.activation is not None and told.activation.occurred_at is not None:
        times.add(told.activation.occurred_at)
    assert times <= {told.occurred_at}


@pytest.mark.parametrize("name", [each for each in NAMES if response_time(each)])
def test_with_another_time_it_is_another_message(name: str) -> None:
    told, other = (
        message(RECORDED[name]),
        message(with_text(RECORDED[name], "ResponseDateTime", "2025-07-01T00:00:00.00Z")),
    )

    assert told.digest != other.digest
    assert told.occurred_at != other.occurred_at


@pytest.mark.parametrize("name", [each for each in NAMES if not response_time(each)])
def test_an_undated_message_is_the_same_whenever_it_was_received(name: str) -> None:
    early, late, never = (message(RECORDED[name], received_at=at) for at in (NOW, LATER, None))

    assert early.digest == late.digest == never.digest
    assert (early.occurred_at, late.occurred_at, never.occurred_at) == (NOW, LATER, None)
