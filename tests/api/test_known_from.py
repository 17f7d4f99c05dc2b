"""Answers say from when on what was asked for is kept, to everyone alike, once anything went."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.store.database import pool
from firmtrack.store.known_from import Kind, note_kept_from
from tests.api.calling import Caller
from tests.api.world import METERS, REQUEST_ID, Cast, update_firmware

KEPT_FROM = datetime(2026, 3, 1, tzinfo=UTC)
SAID = "2026-03-01T00:00:00Z"
ABSENT = (
    f"/service-requests/{REQUEST_ID._replace(counter=4711)}",
    f"/service-requests/{REQUEST_ID._replace(counter=4711)}/distributions",
    f"/devices/{Eui64.parse('00-DB-12-34-56-78-90-99')}",
    f"/messages/{UUID(int=1)}",
)


def forget() -> None:
    with pool().connection() as connection:
        note_kept_from(connection, Kind.FACTS, KEPT_FROM)


@pytest.mark.parametrize("path", ABSENT)
def test_what_is_not_found_may_be_no_longer_kept(api: Caller, cast: Cast, path: str) -> None:
    before = api.get(path, cast.alpha.read)
    assert (before.status, "kept_from" in before.json) == (404, False)

    forget()

    after = api.get(path, cast.alpha.read)
    assert (after.status, after.json["kept_from"]) == (404, SAID)
    assert after.json["detail"].startswith(f"{before.json['detail']} Firmtrack keeps ")


def test_what_is_anothers_is_answered_as_what_never_was(api: Caller, cast: Cast) -> None:
    api.post("/messages", cast.dcc.intake, update_firmware(), "application/xml")
    forget()

    for anothers, absent in (
        (f"/service-requests/{REQUEST_ID}", ABSENT[0]),
        (f"/devices/{METERS[0]}", ABSENT[2]),
    ):
        answer = api.get(anothers, cast.bravo.read)
        assert answer.status == 404
        assert answer.json == api.get(absent, cast.bravo.read).json


def test_of_the_inventory_nothing_goes(api: Caller, cast: Cast) -> None:
    forget()

    answer = api.get("/inventory/00-DB-12-34-56-78-90-99", cast.alpha.read)

    assert (answer.status, "kept_from" in answer.json) == (404, False)


def test_a_message_that_was_handed_in_may_be_no_longer_kept(api: Caller, cast: Cast) -> None:
    forget()

    answer = api.get(f"/messages/{UUID(int=1)}/status", cast.alpha.intake)

    assert (answer.status, answer.json["kept_from"]) == (404, SAID)


def test_the_list_of_requests_says_from_when_on_it_is_whole(api: Caller, cast: Cast) -> None:
    assert api.get("/service-requests", cast.alpha.read).json["kept_from"] is None

    forget()

    def kept_from(first: str) -> object:
        path = "/service-requests"
        return api.get(path, cast.alpha.read, submitted_from=first).json["kept_from"]

    assert api.get("/service-requests", cast.alpha.read).json["kept_from"] == SAID
    assert (kept_from("2026-02-28"), kept_from("2026-03-01")) == (SAID, None)


def test_causes_say_since_when_requests_are_compared_if_earlier_ones_were_asked_for(
    api: Caller, cast: Cast
) -> None:
    def kept_from(days: str) -> object:
        asked = {"since": days, "as_of": "2026-03-05T00:00:00Z"}
        return api.get("/causes", cast.alpha.read, **asked).json["kept_from"]

    assert kept_from("30") is None

    forget()

    assert (kept_from("5"), kept_from("4")) == (SAID, None)


def test_counts_beside_a_device_say_from_when_on_they_are_of_all(api: Caller, cast: Cast) -> None:
    api.post("/messages", cast.dcc.intake, update_firmware(), "application/xml")
    path = f"/devices/{METERS[0]}/peers"
    assert api.get(path, cast.alpha.read).json["kept_from"] is None

    forget()

    assert api.get(path, cast.alpha.read).json["kept_from"] == SAID
