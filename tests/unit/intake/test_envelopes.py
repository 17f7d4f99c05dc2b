"""Lines and their times."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import (
    DUIS_MEDIA_TYPE,
    JSON_MEDIA_TYPE,
    Envelope,
    Refused,
    envelope_of_line,
)
from firmtrack.intake.reading import CLOCK_TOLERANCE, ReadingRules, read_envelope
from tests.unit.duis import activation_samples, samples
from tests.unit.intake.stage_report_bodies import octets

EARLIEST = datetime(2013, 1, 1, tzinfo=UTC)
TAKEN_AT = datetime(2026, 3, 2, tzinfo=UTC)
RULES = ReadingRules(dcc_ids=frozenset({Eui64(2)}), earliest_at=EARLIEST)


def test_a_line_with_xml_holds_a_duis_message_and_its_time() -> None:
    line = json.dumps({"xml": "<a>ü</a>", "time": "2026-03-01T10:00:00+01:00"}).encode()

    envelope = envelope_of_line(line, "here")

    assert envelope.body == "<a>ü</a>".encode()
    assert envelope.media_type == DUIS_MEDIA_TYPE
    assert envelope.received_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert envelope.origin == "here"


@pytest.mark.parametrize("line", [b'{"xml": "<a/>"}', b'{"xml": "<a/>", "time": null}\r\n'])
def test_a_line_need_not_give_a_time(line: bytes) -> None:
    envelope = envelope_of_line(line, "here")

    assert (envelope.body, envelope.received_at) == (b"<a/>", None)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"xml": 5}',
        b'{"xml": "<a/>", "time": "noon"}',
        b'{"xml": "<a/>", "time": "0001-01-01T00:00:00+23:59"}',
        b'{"xml": "<a/>", "more": 1}',
        b'{"xml": "\xff"}',
        b'{"xml": "\\ud800"}',
        b'{"more": ' + b"[" * 100_000,
        b'{"xml": ' + b"[" * 100_000,
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_line_that_holds_no_duis_goes_on_whole_and_is_refused(line: bytes) -> None:
    envelope = envelope_of_line(line, "here")

    assert (envelope.body, envelope.media_type) == (line, JSON_MEDIA_TYPE)
    assert isinstance(read_envelope(envelope, RULES, taken_at=TAKEN_AT), Refused)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.text().map(lambda xml: json.dumps({"xml": xml}).encode())
)
def test_whatever_a_line_holds_it_is_read_or_refused(line: bytes) -> None:
    assert isinstance(
        read_envelope(envelope_of_line(line, "here"), RULES, taken_at=TAKEN_AT), Refused
    )


A_SECOND = timedelta(seconds=1)
OVER_TOLERANCE = TAKEN_AT + CLOCK_TOLERANCE + A_SECOND


def sent(body: bytes, at: datetime, media_type: str = DUIS_MEDIA_TYPE) -> Message | Refused:
    envelope = Envelope(body=body, media_type=media_type, received_at=at, origin="here")
    read = read_envelope(envelope, RULES, taken_at=TAKEN_AT)
    assert isinstance(read, Message | Refused)
    return read


@pytest.mark.parametrize("at", [EARLIEST, TAKEN_AT, TAKEN_AT + CLOCK_TOLERANCE])
def test_a_request_has_the_time_with_which_it_is_handed_in(at: datetime) -> None:
    read = sent(write(samples.update_firmware()), at)

    assert isinstance(read, Message)
    assert read.request is not None
    assert read.request.sent_at == read.occurred_at == at


@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=UTC),
        EARLIEST - A_SECOND,
        OVER_TOLERANCE,
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_a_request_has_no_time_rather_than_one_that_cannot_be_true(at: datetime) -> None:
    update = sent(write(samples.update_firmware()), at)
    activation = sent(write(activation_samples.activate_firmware()), at)

    assert isinstance(update, Message)
    assert update.request is not None
    assert update.request.sent_at is None
    assert isinstance(activation, Message)
    assert activation.activation is not None
    assert activation.activation.occurred_at is activation.occurred_at is None


def test_no_time_of_the_envelope_touches_a_message_that_states_its_own() -> None:
    believed = sent(write(samples.update_firmware_response()), TAKEN_AT)
    assert believed == sent(write(samples.update_firmware_response()), OVER_TOLERANCE)
    stated = datetime(2099, 1, 1, tzinfo=UTC)
    read = sent(write(replace(samples.update_firmware_response(), responded_at=stated)), TAKEN_AT)
    assert isinstance(read, Message)
    assert read.occurred_at == stated


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00Z",
        "2012-12-31T23:59:59Z",
        "2062-11-02T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_stage_report_of_a_time_that_cannot_be_true_is_refused(at: str) -> None:
    read = sent(octets(occurred_at=at), TAKEN_AT, JSON_MEDIA_TYPE)

    assert isinstance(read, Refused)
    assert read.code == "implausible_time"
