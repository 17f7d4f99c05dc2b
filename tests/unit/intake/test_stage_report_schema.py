"""The published schema of stage reports, which says what intake takes: no more, no less.

Held apart from it is what a schema cannot say: that a text is a time, and that a Request ID's
counter is less than 2 to the 64th.
"""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.json import encode

from firmtrack.api.responses import reference_to, schemas_of
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.intake.stage_reports import MalformedStageReport, StageReport, read_stage_report
from tests.unit.intake.stage_report_bodies import ABSENT, METER, REQUEST_ID, report

VALIDATOR = Draft202012Validator(
    {**reference_to(StageReport), "components": {"schemas": schemas_of([StageReport])}}
)

euis = st.integers(0, 2**64 - 1).map(Eui64)
eui_texts = euis.map(str) | euis.map(lambda eui: str(eui).lower())
counters = st.integers(0, 10**18)  # less than 2 to the 64th, however it is spoilt
request_id_texts = st.builds(RequestId, euis, euis, counters).map(str)
not_quite = st.sampled_from([" ", "\n", "-", "0", "G", "\u0660", "\x7f", "\U0001f50c"])


def nearly(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return the texts, and what looks like them: one character more, less or other."""
    spoilt = st.tuples(texts, st.integers(0, 80), st.integers(0, 1), not_quite | st.just(""))
    return texts | spoilt.map(lambda part: part[0][: part[1]] + part[3] + part[0][sum(part[1:3]) :])


def texts_about(longest: int) -> st.SearchStrategy[str]:
    """Return texts whose length is at, or just beyond, a bound."""
    characters = st.sampled_from(["x", "!", "~", " ", "\x7f", "é", "\U0001f50c"])
    lengths = st.sampled_from([0, 1, 2, longest - 1, longest, longest + 1])
    return st.builds(lambda one, length: one * length, characters, lengths) | nearly(st.just("N1"))


no_texts = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from([[], {}, [[METER]]])
fields: dict[str, st.SearchStrategy[Any]] = {
    "service_request_id": nearly(request_id_texts),
    "device_ids": st.lists(eui_texts, min_size=1, max_size=3)
    | st.lists(nearly(eui_texts), max_size=3)
    | nearly(st.just("all")),
    "status": st.sampled_from(list(Status)) | nearly(st.sampled_from(list(Status))),
    "reason": texts_about(64),
    "occurred_at": st.just("2026-03-01T09:30:00.5+01:00"),
    "surprise": st.just(1),
    "event__specversion": nearly(st.just("1.0")),
    "event__type": nearly(st.just("firmtrack.stage-report.v1")),
    "event__source": texts_about(1024),
    "event__id": texts_about(1024),
    "event__datacontenttype": st.just("application/json"),
}


def changes_to(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: fields[name] | no_texts | st.just(ABSENT) for name in names}
    )


def is_taken(body: dict[str, Any]) -> bool:
    try:
        read_stage_report(encode(body))
    except MalformedStageReport:
        return False
    return True


some_changes = st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True).flatmap(
    changes_to
)


@given(some_changes)
@example({})
@example({"reason": "N1\n"})
@example({"device_ids": [METER + "\n"]})
@example({"service_request_id": f"{REQUEST_ID}\n"})
def test_the_schema_accepts_what_intake_takes_and_nothing_else(changes: dict[str, Any]) -> None:
    body = report(**changes)

    assert VALIDATOR.is_valid(body) == is_taken(body)


@pytest.mark.parametrize("name", [*fields, "event__data"])
def test_the_schema_requires_what_intake_requires(name: str) -> None:
    body = report(**{name: ABSENT})

    assert VALIDATOR.is_valid(body) == is_taken(body)


@pytest.mark.parametrize("status", Status)
def test_every_status_can_be_reported(status: Status) -> None:
    body = report(status=status)

    assert VALIDATOR.is_valid(body)
    assert is_taken(body)


@pytest.mark.parametrize(("count", "is_good"), [(50_000, True), (50_001, False)])
def test_the_schema_knows_how_many_devices_a_report_may_name(count: int, *, is_good: bool) -> None:
    body = report(device_ids=[str(Eui64(number)) for number in range(count)])

    assert (VALIDATOR.is_valid(body), is_taken(body)) == (is_good, is_good)
