"""Notices and endpoints by API: the party's own, paged, with every try; no one else's."""

from uuid import uuid4

import pytest

from firmtrack.accounts.parties import party_named
from firmtrack.accounts.viewers import viewer_of_party
from firmtrack.notices import endpoints
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.api.calling import Caller
from tests.api.world import Cast


@pytest.fixture
def notified(cast: Cast) -> Cast:
    """The cast; Alpha has an endpoint, to which three tests are to be sent, one of them dead."""
    alpha = party_named("Alpha")
    made = endpoints.add_endpoint(alpha, WEBHOOK, "https://alpha.example/notices")
    sent = [endpoints.test_endpoint(viewer_of_party(alpha), made.endpoint_id) for _ in range(3)]
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice SET state = 'dead', settled_at = now() WHERE notice_id = %s", (sent[0],)
        )
        connection.execute(
            "INSERT INTO notice_try VALUES (%s, now(), 12, 400, NULL), "
            "(%s, now() + interval '1s', 5, NULL, 'ConnectError')",
            (sent[0], sent[0]),
        )
    return cast


def test_notices_are_listed_newest_first_a_page_at_a_time(api: Caller, notified: Cast) -> None:
    first = api.get("/notices", notified.alpha.read, limit="2")
    second = api.get(
        "/notices", notified.alpha.read, limit="2", cursor=str(first.json["next_cursor"])
    )

    assert (first.status, len(first.json["items"])) == (200, 2)
    (oldest,) = second.json["items"]
    assert second.json["next_cursor"] is None
    assert (oldest["topic"], oldest["state"]) == ("endpoint.test", "dead")
    assert [(each["status_code"], each["problem"]) for each in oldest["tries"]] == [
        (400, None),
        (None, "ConnectError"),
    ]


def test_a_notice_names_its_incident_and_one_of_none_has_null(api: Caller, notified: Cast) -> None:
    incident_id = str(uuid4())
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice SET incident_id = %s WHERE state = 'dead'", (incident_id,)
        )

    found = api.get("/notices", notified.alpha.read).json["items"]

    assert [each["incident_id"] for each in found] == [None, None, incident_id]


def test_notices_of_one_state_can_be_asked_for(api: Caller, notified: Cast) -> None:
    dead = api.get("/notices", notified.alpha.read, state="dead")

    assert len(dead.json["items"]) == 1
    assert api.get("/notices", notified.alpha.read, state="lost").status == 400
    assert api.get("/notices", notified.alpha.read, cursor="AQAAAAAAAAAA").status == 400


def test_endpoints_are_listed_with_how_they_fare_and_without_their_secrets(
    api: Caller, notified: Cast
) -> None:
    found = api.get("/endpoints", notified.alpha.read)

    (endpoint,) = found.json["items"]
    assert endpoint["address"] == "https://alpha.example/notices"
    assert (endpoint["waiting"], endpoint["dead"], endpoint["disabled_at"]) == (2, 1, None)
    assert b"whsec_" not in found.body


@pytest.mark.parametrize("who", ["bravo", "stranger"])
@pytest.mark.parametrize("path", ["/notices", "/endpoints"])
def test_no_one_else_is_shown_any(api: Caller, notified: Cast, path: str, who: str) -> None:
    found = api.get(path, getattr(notified, who).read)

    assert (found.status, found.json["items"]) == (200, [])


@pytest.mark.parametrize("path", ["/notices", "/endpoints"])
def test_dcc_sees_all(api: Caller, notified: Cast, path: str) -> None:
    assert api.get(path, notified.dcc.read).json["items"]
