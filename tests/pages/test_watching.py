"""Watching: the part of a page that offers it, the page of one's own, and who may do it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings

from firmtrack.accounts.viewers import viewer_of
from firmtrack.domain.causes import CauseKey
from firmtrack.environment import MailServer
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.watches import Watcher, list_watches
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.pages.browsing import Browsing, Page
from tests.pages.causes import OF_REQUEST, Q4
from tests.pages.conftest import Told
from tests.pages.world import (
    BRAVO_DEVICE,
    LARGE_REQUEST,
    UNDER_WAY,
    UNKNOWN_DEVICE,
    VERIFIED,
    Cast,
)

SERVER = MailServer(host="127.0.0.1", port=9, user="", password="", is_secure=False)
DEVICE = f"/devices/{UNDER_WAY}"


@pytest.fixture(scope="module")
def told(told_causes: Told) -> Told:
    """The world in which Alpha has a cause, too."""
    return told_causes


@pytest.fixture(autouse=True)
def with_mail(cast: Cast) -> Iterator[None]:
    """Have a server take mail; nothing is watched, and no endpoint is there, afterwards."""
    environment = replace(django_settings.ENVIRONMENT, mail_server=SERVER)
    with override_settings(ENVIRONMENT=environment):
        yield
    with pool().connection() as connection:
        connection.execute("DELETE FROM watch")
        connection.execute("DELETE FROM notice_endpoint")


@pytest.fixture
def webhook(cast: Cast) -> int:
    """Alpha's webhook."""
    return add_endpoint(cast.ada.party, WEBHOOK, "https://alpha.example/notices").endpoint_id


def words(page: Page) -> str:
    """Return what the page says of watching."""
    return " ".join(page.one("#watch").split())


def buttons(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.all("#watch button")]


def watched(cast: Cast) -> list[str]:
    """Return what Ada watches."""
    ada = cast.ada
    watcher = Watcher(
        person_id=ada.pk, party_id=ada.party_id, email=ada.email, viewer=viewer_of(ada)
    )
    return [
        each.watched.cause_id if isinstance(each.watched, CauseKey) else str(each.watched)
        for each in list_watches(watcher)
    ]


def watch(browsing: Browsing, kind: str, of: object, by: object = "email") -> int:
    """Send the form of a page; return the status."""
    response = browsing.client.post("/watching", {"watch": kind, "of": str(of), "by": str(by)})
    return int(response.status_code)


def test_one_click_watches_a_device_and_the_page_says_how_one_is_told(
    cast: Cast, ada: Browsing
) -> None:
    assert buttons(ada.open(DEVICE)) == ["Email me when it ends, fails or stalls"]
    response = ada.client.post(
        "/watching", {"watch": "device", "of": str(UNDER_WAY), "by": "email"}
    )
    assert (response.status_code, response["Location"]) == (302, f"{DEVICE}#watch")
    page = ada.open(DEVICE)
    assert words(page).startswith(f"You are watching this, by email to {cast.ada.email}.")
    assert buttons(page) == ["Stop watching"]

    inputs = page.elements("#watch input")
    (stop,) = [each.get("value") for each in inputs if each.get("name") == "stop"]
    response = ada.client.post("/watching", {"stop": stop})
    assert (response.status_code, response["Location"]) == (302, f"{DEVICE}#watch")
    assert buttons(ada.open(DEVICE)) == ["Email me when it ends, fails or stalls"]


@pytest.mark.parametrize(
    ("kind", "of", "place", "offer"),
    [
        (
            "service_request",
            LARGE_REQUEST,
            f"/service-requests/{LARGE_REQUEST}",
            "Email me when it ends, fails or stalls",
        ),
        ("cause", Q4.cause_id, f"/causes/{Q4.cause_id}", "Email me when this is over, or grows"),
    ],
)
def test_a_request_and_a_cause_are_watched_from_their_pages(
    cast: Cast, ada: Browsing, kind: str, of: object, place: str, offer: str
) -> None:
    assert buttons(ada.open(place)) == [offer]
    assert watch(ada, kind, of) == 302
    assert buttons(ada.open(place)) == ["Stop watching"]
    assert watched(cast) == [str(of)]


def test_a_webhook_of_ones_party_is_offered_beside_email(ada: Browsing, webhook: int) -> None:
    page = ada.open(DEVICE)
    assert buttons(page) == [
        "Email me when it ends, fails or stalls",
        f"Tell webhook {webhook} when it ends, fails or stallshttps://alpha.example/notices",
    ]
    assert watch(ada, "device", UNDER_WAY, webhook) == 302
    assert "by webhook to https://alpha.example/notices" in words(ada.open(DEVICE))


def test_where_no_mail_is_sent_a_webhook_alone_is_offered_or_nothing(
    ada: Browsing, cast: Cast
) -> None:
    environment = replace(django_settings.ENVIRONMENT, mail_server=None)
    with override_settings(ENVIRONMENT=environment):
        assert ada.open(DEVICE).elements("#watch") == []
        made = add_endpoint(cast.ada.party, WEBHOOK, "https://alpha.example/notices")
        (only,) = buttons(ada.open(DEVICE))
        assert only.startswith(f"Tell webhook {made.endpoint_id}")
        assert watch(ada, "device", UNDER_WAY) == 400


def test_what_has_ended_says_so_at_once_and_offers_nothing(cast: Cast, ada: Browsing) -> None:
    page = ada.open(f"/devices/{VERIFIED}")
    assert words(page) == "No update of this device is under way: there is nothing to watch."
    assert buttons(page) == []
    assert watch(ada, "device", VERIFIED) == 302  # from a page that was open when it ended
    assert watched(cast) == []


def test_the_past_offers_nothing(ada: Browsing) -> None:
    page = ada.open(f"{DEVICE}?as_of=2026-06-01T00:00:00Z")
    assert page.elements("#watch") == []


@pytest.mark.parametrize("of", [BRAVO_DEVICE, UNKNOWN_DEVICE], ids=["another party’s", "unknown"])
def test_what_one_may_not_see_is_not_there_to_be_watched(
    cast: Cast, ada: Browsing, of: object
) -> None:
    assert watch(ada, "device", of) == 404
    assert watched(cast) == []


def test_the_stranger_and_another_supplier_watch_nothing_of_alphas(
    ben: Browsing, stranger: Browsing
) -> None:
    for browsing in (ben, stranger):
        assert watch(browsing, "device", UNDER_WAY) == 404
        assert watch(browsing, "service_request", LARGE_REQUEST) == 404
        assert watch(browsing, "cause", OF_REQUEST.cause_id) == 404


def test_dccs_desk_watches_what_it_sees(olga: Browsing) -> None:
    assert watch(olga, "device", UNDER_WAY) == 302
    assert buttons(olga.open(DEVICE)) == ["Stop watching"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"watch": "device"},
        {"watch": "device", "of": "x", "by": "email"},
        {"watch": "pigeon", "of": str(UNDER_WAY), "by": "email"},
        {"watch": "device", "of": str(UNDER_WAY), "by": "pigeon"},
        {"watch": "device", "of": str(UNDER_WAY), "by": "9" * 18},
        {"watch": "cause", "of": "x", "by": "email"},
        {"stop": "x"},
        {"stop": "9" * 19},
    ],
)
def test_a_form_that_no_page_sends_is_refused(
    cast: Cast, ada: Browsing, form: dict[str, str]
) -> None:
    assert ada.client.post("/watching", form).status_code == 400
    assert watched(cast) == []


def test_ones_own_page_lists_what_one_watches_and_stops_it(cast: Cast, ada: Browsing) -> None:
    assert "You watch nothing." in ada.open("/watching").text
    assert watch(ada, "device", UNDER_WAY) == watch(ada, "cause", Q4.cause_id) == 302
    page = ada.open("/watching")
    cause, device = page.rows()
    assert cause[0].startswith("Cause")
    assert str(UNDER_WAY) in device[0]
    assert [row[3] for row in (cause, device)] == ["Nothing yet", "Nothing yet"]
    stop = page.elements("main form input")
    numbers = [each.get("value") for each in stop if each.get("name") == "stop"]
    response = ada.client.post("/watching", {"stop": numbers[0], "from": "list"})
    assert (response.status_code, response["Location"]) == (302, "/watching")
    page = ada.open("/watching")
    assert "You are no longer watching this." in page.text
    assert len(page.rows()) == 1
    assert len(watched(cast)) == 1


def test_nobody_ends_or_sees_anothers(cast: Cast, ada: Browsing, ben: Browsing) -> None:
    watch(ada, "device", UNDER_WAY)
    with pool().connection() as connection:
        (number,) = connection.execute("SELECT watch_id FROM watch").fetchone() or (0,)
    assert ben.client.post("/watching", {"stop": str(number)}).status_code == 404
    assert "You watch nothing." in ben.open("/watching").text
    assert watched(cast) == [str(UNDER_WAY)]


def test_a_form_from_elsewhere_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ada)
    form = {"watch": "device", "of": str(UNDER_WAY), "by": "email"}
    assert client.post("/watching", form).status_code == 403
    assert watched(cast) == []
