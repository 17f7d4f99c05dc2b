"""Stage reports: what they say, and each way in which they can be wrong."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.facts import Event, MessageKind, RequestStep
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import Status
from firmtrack.intake.stage_reports import (
    LARGEST_REPORT_BYTES,
    MalformedStageReport,
    read_stage_report,
)
from tests.unit.intake.stage_report_bodies import (
    ABSENT,
    METER,
    OTHER_METER,
    REQUEST_ID,
    octets,
    report,
)


def refusal_of(body: bytes) -> str:
    with pytest.raises(MalformedStageReport) as refused:
        read_stage_report(body)
    assert 0 < len(str(refused.value)) <= 200
    return refused.value.code


def test_a_report_about_devices_is_an_event_each() -> None:
    message = read_stage_report(
        octets(status="send_to_csp_failed", reason="N1", device_ids=[METER, OTHER_METER, METER])
    )

    assert message.kind is MessageKind.STAGE_REPORT
    assert message.events == tuple(
        Event(
            device_id=Eui64.parse(device_id),
            status=Status.SEND_TO_CSP_FAILED,
            occurred_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
            request_id=REQUEST_ID,
            reason="N1",
        )
        for device_id in (METER, OTHER_METER)
    )
    assert (message.steps, message.user_id) == ((), None)


def test_a_report_about_all_is_one_step() -> None:
    message = read_stage_report(octets(device_ids="all", occurred_at="2026-03-01T10:30:00+01:00"))

    assert message.events == ()
    assert message.steps == (
        RequestStep(
            request_id=REQUEST_ID,
            status=Status.SENT_TO_CSP,
            occurred_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        ),
    )


def test_a_report_is_known_by_its_source_and_id_alone() -> None:
    def digest(**changes: Any) -> bytes:
        return read_stage_report(octets(**changes)).digest

    assert digest() == digest(status="received", event__time="2026-03-01T09:30:00Z")
    # What the two hold together is the same; each by itself is not.
    names = [("a", "bc"), ("ab", "c"), ('a","b', "c"), ("a", 'b","c')]
    assert len({digest(event__source=source, event__id=name) for source, name in names}) == 4


def test_attributes_that_cloudevents_allows_are_passed_over() -> None:
    extended = octets(
        event__datacontenttype="application/json", event__subject="x", event__traceparent="00-1"
    )

    assert read_stage_report(extended).events


def test_50_000_devices_are_read_and_one_more_is_not() -> None:
    devices = [str(Eui64(number)) for number in range(50_001)]

    assert len(read_stage_report(octets(device_ids=devices[:-1])).events) == 50_000
    assert refusal_of(octets(device_ids=devices)) == "not_a_stage_report"


@pytest.mark.parametrize(
    "changes",
    [
        *({name: ABSENT} for name in ("service_request_id", "device_ids", "status", "occurred_at")),
        *({f"event__{name}": ABSENT} for name in ("specversion", "type", "source", "id", "data")),
        {"event__specversion": "0.3"},
        {"event__type": "firmtrack.stage-report.v2"},
        {"event__source": ""},
        {"event__id": ""},
        {"event__id": 1},
        {"event__id": "x" * 1025},
        {"event__data": []},
        {"event__data": None},
        {"status": "lost"},
        {"status": "Received"},
        {"status": None},
        {"status": "a\0b"},
        {"device_ids": []},
        {"device_ids": "some"},
        {"device_ids": None},
        {"device_ids": [1]},
        {"device_ids": [None]},
        {"device_ids": [[METER]]},
        {"service_request_id": 5},
        {"occurred_at": "2026-03-01T09:30:00"},
        {"occurred_at": "yesterday"},
        {"occurred_at": 1_772_357_400},
        {"occurred_at": "0001-01-01T00:00:00+23:59"},
        {"occurred_at": "9999-12-31T23:59:59-23:59"},
        {"reason": ""},
        {"reason": "two words"},
        {"reason": "x" * 65},
        {"reason": "N1\n"},
        {"reason": 19},
        {"surprise": 1},
    ],
    ids=str,
)
def test_what_is_not_a_stage_report_is_refused(changes: dict[str, Any]) -> None:
    assert refusal_of(octets(**changes)) == "not_a_stage_report"


@pytest.mark.parametrize(
    "changes",
    [
        {"service_request_id": "1000"},
        {"service_request_id": f"{METER}:{METER}:{2**64}"},
        {"service_request_id": f"{METER}:{METER}:{'9' * 5_000}"},
        {"service_request_id": f"{METER}:{METER}:01"},
        {"device_ids": ["00DB1234567890A0"]},
        {"device_ids": [METER, METER + " "]},
        {"device_ids": [METER + "\n"]},
        {"device_ids": ["\u0660" + METER[1:]]},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_malformed_identifier_is_refused(changes: dict[str, Any]) -> None:
    assert refusal_of(octets(**changes)) == "bad_identifier"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"<a/>",
        b"\xff\xfe{\0}\0",
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b'{"id": "\t"}',
        b"{'id': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 01}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b'{"a":' * 100_000,
        b'{"a": 1,}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refusal_of(body) == "not_json"


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"x"', b"1" * 100_000, b"-1e999"])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    assert refusal_of(body) in {"not_a_stage_report", "not_json"}


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    twice = octets().replace(b'"status":', b'"status": "received", "status":')

    assert read_stage_report(twice).events[0].status is Status.SENT_TO_CSP


def test_a_report_that_is_too_large_is_refused_unread() -> None:
    assert refusal_of(octets() + b" " * LARGEST_REPORT_BYTES) == "too_large"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(report()["data"])), json_values)
def test_whatever_stands_in_a_field_is_read_or_refused(name: str, value: Any) -> None:
    with suppress(MalformedStageReport):
        assert read_stage_report(octets(**{name: value})).event_count


@given(st.binary() | st.integers(0, 400).map(lambda end: octets()[:end]))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with suppress(MalformedStageReport):
        assert read_stage_report(body).event_count
