"""What failures have in common, as the API answers it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from firmtrack.store.embedded import EmbeddedPostgres
from tests.api.calling import Caller
from tests.api.world import Cast, make_cast
from tests.databases import fresh_database, used
from tests.pages import causes as world

PATH = "/causes"


@pytest.fixture(scope="module")
def with_causes(postgres: EmbeddedPostgres) -> Iterator[Cast]:
    """The cast, and failures that have something in common: the tests of a module share it."""
    with fresh_database(postgres) as conninfo, used(conninfo):
        cast = make_cast()
        world.tell()
        yield cast


def of_kind(found: Any, kind: str) -> Any:
    (cause,) = (each for each in found["causes"] if each["kind"] == kind)
    return cause


def test_a_supplier_reads_what_its_failures_have_in_common(api: Caller, with_causes: Cast) -> None:
    found = api.get(PATH, with_causes.alpha.read).json

    failed = of_kind(found, "failed")
    assert failed["cause_id"] == world.Q4.cause_id
    assert (failed["stage"], failed["status"]) == (
        "transferred_to_device",
        "device_transfer_failed",
    )
    assert failed["reason"]["code"] == "image_discarded"
    assert failed["in_common"] == [{"attribute": "model", "value": "Q4"}]
    assert (failed["device_count"], failed["of_count"]) == (60, 103)
    assert failed["share"] == 60 / 103
    assert 0 < failed["elsewhere_share"] < 0.02
    assert failed["service_request_ids"] == [str(world.DISCARDING)]
    assert failed["request_count"] == 1
    assert failed["sentence"].startswith("60 of 103 updates")
    assert failed["advice"]
    stalled = of_kind(found, "stalled")
    assert (stalled["status"], stalled["reason"]) == ("sent_to_csp", None)
    assert stalled["in_common"] == [{"attribute": "csp_region", "value": "North"}]
    assert (stalled["device_count"], stalled["of_count"]) == (90, 100)
    assert len(found["causes"]) == 2
    assert found["update_count"] == 545
    assert datetime.fromisoformat(found["counted_at"]) < datetime.now(UTC)


def test_each_party_reads_of_its_own_updates_and_a_stranger_of_none(
    api: Caller, with_causes: Cast
) -> None:
    bravo = api.get(PATH, with_causes.bravo.read).json
    assert [(each["cause_id"], each["device_count"]) for each in bravo["causes"]] == [
        (world.Q4.cause_id, 50)
    ]
    assert bravo["causes"][0]["service_request_ids"] == [str(world.BRAVOS)]
    stranger = api.get(PATH, with_causes.stranger.read).json
    assert (stranger["causes"], stranger["update_count"]) == ([], 0)
    dcc = of_kind(api.get(PATH, with_causes.dcc.read).json, "failed")
    assert (dcc["device_count"], dcc["request_count"]) == (110, 2)


def test_of_a_request_its_own_counts_are_told(api: Caller, with_causes: Cast) -> None:
    found = api.get(PATH, with_causes.alpha.read, service_request_id=str(world.DISCARDING)).json

    (cause,) = found["causes"]
    assert (cause["cause_id"], cause["device_count"], cause["of_count"]) == (
        world.Q4.cause_id, 60, 100,
    )  # fmt: skip


def test_someone_elses_request_is_as_one_that_does_not_exist(
    api: Caller, with_causes: Cast
) -> None:
    token = with_causes.alpha.read
    foreign = api.get(PATH, token, service_request_id=str(world.BRAVOS))
    unknown = api.get(PATH, token, service_request_id=str(world.BRAVOS)[:-4] + "9999")

    assert foreign.status == 404
    assert foreign == unknown


def test_only_requests_of_the_last_days_are_compared(api: Caller, with_causes: Cast) -> None:
    found = api.get(PATH, with_causes.alpha.read, since="4").json

    assert {each["kind"] for each in found["causes"]} == set()
    assert found["update_count"] == 5


def test_the_past_is_told_as_it_was_known(api: Caller, with_causes: Cast) -> None:
    token = with_causes.alpha.read
    present = api.get(PATH, token).json
    now = datetime.now(UTC)
    past = api.get(PATH, token, as_of=(now - timedelta(milliseconds=50)).isoformat())
    before = api.get(PATH, token, as_of=(now - timedelta(days=1)).isoformat()).json

    assert "Firmtrack-As-Of" in past.headers
    assert [each["cause_id"] for each in past.json["causes"]] == [
        each["cause_id"] for each in present["causes"]
    ]
    assert [each["device_count"] for each in past.json["causes"]] == [
        each["device_count"] for each in present["causes"]
    ]
    assert (before["causes"], before["update_count"]) == ([], 0)


@pytest.mark.parametrize(
    "query",
    [
        {"since": "0"}, {"since": "-1"}, {"since": "401"}, {"since": "x"}, {"since": "1.5"},
        {"since": ""}, {"since": "٣"}, {"days": "3"}, {"service_request_id": "x"},
        {"as_of": "then"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused(
    api: Caller, with_causes: Cast, query: dict[str, str]
) -> None:
    refused = api.get(PATH, with_causes.alpha.read, **query)

    assert (refused.status, refused.json["code"]) == (400, "malformed_parameter")
