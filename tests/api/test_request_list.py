"""The list of requests, as the API answers it."""

import pytest

from firmtrack.domain.identifiers import RequestId
from firmtrack.store.database import pool
from tests.api.calling import Caller
from tests.api.world import (
    METERS,
    REQUEST_ID,
    Cast,
    accepted_but_for,
    delivered_to_hub,
    update_firmware,
)

PATH = "/service-requests"


@pytest.fixture
def told(cast: Cast, api: Caller) -> Cast:
    """One request of Alpha's under way, of which one device was left out and one failed."""
    for xml in (
        update_firmware(),
        accepted_but_for(METERS[0]),
        delivered_to_hub(METERS[1], is_success=False),
    ):
        assert api.post("/messages", cast.dcc.intake, xml, "application/xml").status == 200
    return cast


def also(api: Caller, cast: Cast, *counters: int) -> list[str]:
    """Have Alpha send further requests, and return the IDs of all, newest first."""
    made = [REQUEST_ID._replace(counter=counter) for counter in counters]
    for request_id in made:
        xml = update_firmware(request_id)
        assert api.post("/messages", cast.dcc.intake, xml, "application/xml").status == 200
    return [str(each) for each in [*reversed(made), REQUEST_ID]]


def ids(answer: object) -> list[str]:
    return [each["service_request_id"] for each in answer.json["items"]]  # type: ignore[attr-defined]  # an answer


def test_a_request_is_listed_as_its_own_look_up_answers_it(api: Caller, told: Cast) -> None:
    found = api.get(PATH, told.alpha.read).json
    (item,) = found["items"]
    own = api.get(f"{PATH}/{REQUEST_ID}", told.alpha.read).json
    shared = set(item) & set(own)
    assert shared == set(item) - {"stalled_count", "supplier"}
    assert {name: item[name] for name in shared} == {name: own[name] for name in shared}
    assert item["completion_status_counts"] == {"in_progress": 3, "failed": 2, "successful": 0}
    assert len(item["failures"]) == 2
    assert (item["stalled_count"], item["supplier"]) == (0, None)
    assert found["next_cursor"] is None


def test_each_party_lists_its_own_and_dcc_all_with_whose_they_are(api: Caller, told: Cast) -> None:
    assert api.get(PATH, told.bravo.read).json["items"] == []
    assert api.get(PATH, told.stranger.read).json["items"] == []
    (item,) = api.get(PATH, told.dcc.read).json["items"]
    assert (item["service_request_id"], item["supplier"]) == (str(REQUEST_ID), "Alpha")


def test_a_list_is_read_to_its_end_whatever_comes_meanwhile(api: Caller, told: Cast) -> None:
    for number in range(5):
        also(api, told, 2000 + number)
    read: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2"} if cursor is None else {"limit": "2", "cursor": cursor}
        page = api.get(PATH, told.alpha.read, **query)
        read += ids(page)
        cursor = page.json["next_cursor"]
        if cursor is None:
            break
        also(api, told, 3000 + len(read))
    counters = [RequestId.parse(each).counter for each in read]
    assert len(counters) == len(set(counters))
    assert {1000, 2000, 2001, 2002, 2003, 2004} <= set(counters)


@pytest.mark.parametrize(
    ("query", "is_listed"),
    [
        ({"state": "under_way"}, True),
        ({"state": "with_failures"}, True),
        ({"state": "ended"}, False),
        ({"state": "with_stalled_devices"}, False),
        ({"submitted_from": "2000-01-01"}, True),
        ({"submitted_to": "2000-01-01"}, False),
        ({"submitted_from": "0001-01-01", "submitted_to": "9999-12-31"}, True),
    ],
)
def test_a_filter_leaves_what_fits(
    api: Caller, told: Cast, query: dict[str, str], *, is_listed: bool
) -> None:
    assert bool(api.get(PATH, told.alpha.read, **query).json["items"]) is is_listed


def test_a_version_is_found_however_it_is_spelled(api: Caller, told: Cast) -> None:
    (item,) = api.get(PATH, told.alpha.read).json["items"]
    version = item["firmware_version"]
    for spelled in (version, version.lower(), f"0x{version}", version.lstrip("0")):
        assert ids(api.get(PATH, told.alpha.read, firmware_version=spelled)) == [str(REQUEST_ID)]
    assert ids(api.get(PATH, told.alpha.read, firmware_version="FFFFFFFF")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"state": "done"},
        {"submitted_from": "yesterday"},
        {"firmware_version": ""},
        {"firmware_version": "1" * 21},
        {"limit": "0"},
        {"limit": "1001"},
        {"cursor": "x"},
        {"cursor": "A" * 44},
        {"as_of": "2026-01-01T00:00:00Z"},
        {"ids": "1,2"},
    ],
)
def test_what_cannot_be_read_is_refused(api: Caller, told: Cast, query: dict[str, str]) -> None:
    refused = api.get(PATH, told.alpha.read, **query)
    assert refused.status == 400
    assert refused.json["errors"][0]["name"] == next(iter(query))


def test_it_takes_the_scope_to_read(api: Caller, told: Cast) -> None:
    assert api.get(PATH, told.alpha.intake).status == 403


def test_the_look_up_is_audited_once(api: Caller, told: Cast) -> None:
    api.get(PATH, told.alpha.read, state="under_way")
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT term, row_count FROM lookup_audit WHERE kind = 'service_requests'"
        ).fetchall()
    assert rows == [("state=under_way", 1)]
