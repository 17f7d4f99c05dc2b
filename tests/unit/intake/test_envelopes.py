"""Lines and their times."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64
from firmtrack.intake.envelopes import (
    DUIS_MEDIA_TYPE,
    JSON_MEDIA_TYPE,
    Refused,
    envelope_of_line,
)
from firmtrack.intake.reading import ReadingRules, read_envelope

RULES = ReadingRules(dcc_ids=frozenset({Eui64(2)}))


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
    assert isinstance(read_envelope(envelope, RULES), Refused)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.text().map(lambda xml: json.dumps({"xml": xml}).encode())
)
def test_whatever_a_line_holds_it_is_read_or_refused(line: bytes) -> None:
    assert isinstance(read_envelope(envelope_of_line(line, "here"), RULES), Refused)
