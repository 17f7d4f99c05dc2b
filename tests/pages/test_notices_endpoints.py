"""A party's people manage its endpoints on pages; no one else does, nor sees that any are there."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from firmtrack.accounts.kinds import Role
from firmtrack.accounts.models import User
from firmtrack.accounts.people import add_user
from firmtrack.accounts.viewers import owner_of, viewer_of
from firmtrack.answers.notices import EndpointAnswer
from firmtrack.domain.topics import DEFAULT_TOPICS
from firmtrack.environment import MailServer
from firmtrack.notices import endpoints
from firmtrack.notices import queries as notice_queries
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.pages.browsing import Browsing, page_of
from tests.pages.world import PASSWORD, Cast

ADDRESS = "https://alpha.example/notices"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
NEW = {"channel": "webhook", "address": ADDRESS, "topics": list(DEFAULT_TOPICS)}


@pytest.fixture
def endpoint_id(cast: Cast) -> int:
    """Alpha's endpoint."""
    return endpoints.add_endpoint(cast.ada.party, WEBHOOK, ADDRESS).endpoint_id


@pytest.fixture(autouse=True)
def no_endpoints_afterwards(cast: Cast) -> Iterator[None]:
    yield
    with pool().connection() as connection:
        connection.execute("DELETE FROM notice_endpoint")


@pytest.fixture
def colleague(cast: Cast) -> Iterator[Browsing]:
    """Another of Alpha's administrators."""
    user = add_user("alan@alpha.example", cast.ada.party, PASSWORD, Role.PARTY_ADMINISTRATOR)
    yield Browsing.signed_in(user)
    user.delete()


def alphas(cast: Cast) -> list[EndpointAnswer]:
    return notice_queries.list_endpoints(viewer_of(cast.ada))


def only(cast: Cast) -> EndpointAnswer:
    (found,) = alphas(cast)
    return found


def stored_secrets(endpoint_id: int) -> tuple[bytes | None, bytes | None]:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT secret, earlier_secret FROM notice_endpoint WHERE endpoint_id = %s",
            (endpoint_id,),
        ).fetchone()
    assert row is not None
    return row


def switch_off(endpoint_id: int) -> None:
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice_endpoint SET disabled_at = now(), disabled_reason = 'It was gone.'"
            " WHERE endpoint_id = %s",
            (endpoint_id,),
        )


def give_up(cast: Cast, endpoint_id: int) -> str:
    """Return the ID of a dead letter of the endpoint, newly made."""
    notice_id = endpoints.test_endpoint(owner_of(cast.ada), endpoint_id)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice SET state = 'dead', settled_at = now() WHERE notice_id = %s",
            (notice_id,),
        )
    return str(notice_id)


def states(cast: Cast) -> list[str]:
    """Return the states of Alpha's notices, the newest first."""
    page = notice_queries.list_notices(viewer_of(cast.ada), limit=100)
    return [notice.state for notice in page.items]


def test_the_page_of_notices_leads_to_a_form_with_the_usual_topics_ticked(ada: Browsing) -> None:
    address = ada.open("/notices").links()["Add an endpoint"]
    page = ada.open(address)

    assert page.title == page.heading == "Add an endpoint"
    assert page.root.xpath("//input[@type='checkbox'][@checked]/@value") == list(DEFAULT_TOPICS)
    assert "Received by DCC" in page.all("label")


def test_an_endpoint_is_added_and_its_secret_shown_once(cast: Cast, ada: Browsing) -> None:
    response = ada.client.post("/notices/endpoints/new", NEW)

    added = only(cast)
    place = f"/notices/endpoints/{added.endpoint_id}"
    assert (response.status_code, response.headers["Location"]) == (302, place)
    assert (added.address, list(added.topics)) == (ADDRESS, list(DEFAULT_TOPICS))
    assert not SECRET.search(str(ada.client.session.items())), "the session keeps no plain secret"
    assert ada.client.head(place).status_code == 200
    first, second = ada.open(place), ada.open(place)
    assert f"Endpoint {added.endpoint_id} was added." in first.one("main")
    assert SECRET.search(first.one("main"))
    assert not SECRET.search(second.text)
    assert "was added" not in second.text


@pytest.mark.parametrize(
    ("changed", "sentence", "target"),
    [
        ({"address": ""}, "Enter an address", "address"),
        ({"address": "http://alpha.example/"}, "The address must begin with https://", "address"),
        (
            {"address": "https://127.0.0.1/"},
            "The address is not one of the public Internet: 127.0.0.1 (loopback, RFC 1122)",
            "address",
        ),
        (
            {"address": "https://ada:word@alpha.example/"},
            "The address must not hold a user name or password",
            "address",
        ),
        ({"channel": ""}, "Select how notices are to be sent", "channel"),
        ({"channel": "email"}, "Select how notices are to be sent", "channel"),  # not set up
        ({"topics": []}, "Select what to tell you about", "topics"),
        ({"topics": ["weather"]}, "Select only what is on the list", "topics"),
    ],
)
def test_what_cannot_be_added_is_said_beside_what_to_correct(
    cast: Cast, ada: Browsing, changed: dict[str, object], sentence: str, target: str
) -> None:
    page = page_of(ada.client.post("/notices/endpoints/new", {**NEW, **changed}), "new")

    assert page.status == 400
    assert page.title == "Error: Add an endpoint"
    assert page.links()[sentence] == f"#{target}"
    assert page.all(".govuk-error-message") == [f"Error: {sentence}"]
    kept = page.root.xpath("//input[@name='address']/@value")
    assert kept == [changed.get("address", ADDRESS)]
    assert alphas(cast) == []


def test_only_what_the_installation_is_set_up_for_is_offered(cast: Cast, ada: Browsing) -> None:
    assert ada.open("/notices/endpoints/new").all(".govuk-radios__label") == ["Webhook"]
    server = MailServer(host="mail.example", port=25, user="", password="", is_secure=False)
    set_up = replace(settings.ENVIRONMENT, mail_server=server, alert_signer=Path("signer.pem"))
    with override_settings(ENVIRONMENT=set_up):
        page = ada.open("/notices/endpoints/new")
        assert page.all(".govuk-radios__label") == ["Webhook", "DCC Alerts", "Email digest"]
        mailed = {**NEW, "channel": "email", "address": "ada@alpha.example"}
        ada.client.post("/notices/endpoints/new", mailed)
        signed = {**NEW, "channel": "duis"}
        unsigned = page_of(ada.client.post("/notices/endpoints/new", signed), "new")
    assert "DCC Alerts cannot be signed at the moment" in unsigned.one(".govuk-error-summary")
    place = f"/notices/endpoints/{only(cast).endpoint_id}"
    page = ada.open(place)
    assert page.facts()["How to send"] == "Email digest"
    assert "Secret" not in page.all("h2")
    assert ada.post(place, {"action": "rotate"}).status_code == 400


def test_an_organisation_has_no_more_endpoints_than_it_may(cast: Cast, ada: Browsing) -> None:
    for _ in range(endpoints.MOST_ENDPOINTS):
        endpoints.add_endpoint(cast.ada.party, WEBHOOK, ADDRESS)
    page = page_of(ada.client.post("/notices/endpoints/new", NEW), "new")

    assert page.status == 400
    assert "You have 20 endpoints" in page.one(".govuk-error-summary")
    assert len(alphas(cast)) == endpoints.MOST_ENDPOINTS
    endpoints.remove_endpoint(owner_of(cast.ada), alphas(cast)[0].endpoint_id)
    assert ada.client.post("/notices/endpoints/new", NEW).status_code == 302


@pytest.mark.parametrize("who", ["olga", "stranger"])
def test_who_has_no_user_id_is_told_so_and_adds_nothing(cast: Cast, who: str) -> None:
    person = Browsing.signed_in(getattr(cast, who))

    page = person.open("/notices")
    assert "Add an endpoint" not in page.links()
    assert "has no User ID" in page.one("main")
    refused = page_of(person.client.post("/notices/endpoints/new", NEW), "new")
    assert (refused.status, "has no User ID" in refused.one(".govuk-error-summary")) == (400, True)
    assert notice_queries.list_endpoints(viewer_of(cast.olga)) == []


def test_topics_are_chosen_anew(endpoint_id: int, cast: Cast, ada: Browsing) -> None:
    place = f"/notices/endpoints/{endpoint_id}"
    address = ada.open(place).links()["Change what it hears about"]
    page = ada.open(address)
    assert page.root.xpath("//input[@type='checkbox'][@checked]/@value") == list(DEFAULT_TOPICS)

    chosen = ["distribution.received", "distribution.stalled"]
    assert ada.client.post(address, {"topics": chosen}).headers["Location"] == place
    assert list(only(cast).topics) == chosen
    assert ada.open(place).all("main li") == ["Received by DCC", "Stalled"]

    refused = page_of(ada.client.post(address, {}), address)
    assert refused.status == 400
    assert refused.links()["Select what to tell you about"] == "#topics"
    assert list(only(cast).topics) == chosen


def test_a_new_secret_is_shown_once_and_the_one_before_stays_good_until_a_stated_time(
    endpoint_id: int, cast: Cast, ada: Browsing
) -> None:
    place = f"/notices/endpoints/{endpoint_id}"
    before, _ = stored_secrets(endpoint_id)
    assert "For 24 hours calls are then signed with both" in ada.open(place).one("main")

    assert ada.post(place, {"action": "rotate"}).headers["Location"] == place
    after, earlier = stored_secrets(endpoint_id)
    first, second = ada.open(place), ada.open(place)

    assert earlier == before != after
    assert SECRET.search(first.one("main"))
    assert not SECRET.search(second.text)
    until = only(cast).earlier_secret_until
    assert until is not None
    assert "with the new secret and with the one before" in second.one(".govuk-inset-text")
    assert f"{until:%Y-%m-%dT%H:%M}" in second.elements(".govuk-inset-text time")[0].get("datetime")


def test_the_button_pressed_twice_leaves_the_secret_that_the_receiver_has(
    endpoint_id: int, ada: Browsing
) -> None:
    place = f"/notices/endpoints/{endpoint_id}"
    before, _ = stored_secrets(endpoint_id)
    for _ in range(2):
        assert ada.post(place, {"action": "rotate"}).headers["Location"] == place
    after, earlier = stored_secrets(endpoint_id)
    page = ada.open(place)

    assert earlier == before
    assert SECRET.search(page.one("main")), "the one secret that was made is shown"
    (seen,) = page.root.xpath("//input[@name='seen']/@value")
    ada.post(place, {"action": "rotate", "seen": seen})
    assert stored_secrets(endpoint_id)[1] == after, "who saw the page may make another"


def test_a_test_is_sent_from_the_page(endpoint_id: int, cast: Cast, ada: Browsing) -> None:
    response = ada.post(f"/notices/endpoints/{endpoint_id}", {"action": "test"})

    assert response.headers["Location"] == "/notices"
    assert "A test is to be sent to endpoint" in ada.open("/notices").one("main")
    assert states(cast) == ["waiting"]


def test_what_was_switched_off_is_switched_on_again(
    endpoint_id: int, cast: Cast, ada: Browsing
) -> None:
    place = f"/notices/endpoints/{endpoint_id}"
    switch_off(endpoint_id)
    page = ada.open(place)
    assert "It was gone." in page.facts()["State"]
    assert page.all("main button") == ["Switch on again", "Make a new secret"]

    ada.post(place, {"action": "enable"})
    page = ada.open(place)
    assert page.facts()["State"] == "On"
    assert page.all("main button") == ["Send a test", "Make a new secret"]
    assert only(cast).disabled_at is None


def test_an_endpoint_is_removed_once_that_is_confirmed(
    endpoint_id: int, cast: Cast, ada: Browsing
) -> None:
    place = f"/notices/endpoints/{endpoint_id}"
    endpoints.test_endpoint(owner_of(cast.ada), endpoint_id)
    address = ada.open(place).links()["Remove this endpoint"]
    page = ada.open(address)
    assert page.heading == f"Remove endpoint {endpoint_id}?"
    assert "not even the 1 that waits now" in page.one("main")
    assert page.links()["Keep it"] == place
    assert len(alphas(cast)) == 1

    assert ada.post(address, {}).headers["Location"] == "/notices"
    page = ada.open("/notices")
    assert f"Endpoint {endpoint_id} was removed." in page.one("main")
    assert alphas(cast) == []
    for gone in (place, address, f"{place}/topics"):
        assert ada.get(gone).status_code == 404
    assert states(cast) == ["dead"]
    assert "Send again" not in page.text, "what is removed cannot be called"


def test_dead_letters_are_sent_again_one_or_all(
    endpoint_id: int, cast: Cast, ada: Browsing
) -> None:
    older, *_ = [give_up(cast, endpoint_id) for _ in range(3)]
    page = ada.open("/notices")
    assert page.root.xpath("//input[@name='resend']/@value")[0] == "all"
    assert "Send again all 3 that were given up" in page.one("main")

    assert ada.post("/notices", {"resend": older}).headers["Location"] == "/notices"
    assert states(cast) == ["dead", "dead", "waiting"]
    assert "One notice is to be sent again." in ada.open("/notices").one("main")

    ada.post("/notices", {"resend": "all"})
    assert states(cast) == ["waiting"] * 3
    assert "2 notices are to be sent again." in ada.open("/notices").one("main")

    ada.post("/notices", {"resend": older})
    page = ada.open("/notices")
    assert "There is nothing to be sent again." in page.one("main")
    assert "Send again" not in page.text


def test_what_an_endpoint_that_is_off_was_to_be_sent_cannot_be_sent_again(
    endpoint_id: int, cast: Cast, ada: Browsing
) -> None:
    notice_id = give_up(cast, endpoint_id)
    switch_off(endpoint_id)

    assert "Send again" not in ada.open("/notices").text
    ada.post("/notices", {"resend": notice_id})
    assert states(cast) == ["dead"]


def test_a_colleague_manages_the_same_endpoints(
    endpoint_id: int, cast: Cast, colleague: Browsing
) -> None:
    place = colleague.open("/notices").links()[f"{endpoint_id}: {ADDRESS}"]
    assert colleague.post(place, {"action": "test"}).status_code == 302
    assert colleague.post(f"{place}/remove", {}).status_code == 302
    assert alphas(cast) == []


def test_what_is_done_to_an_endpoint_is_in_the_audit(
    endpoint_id: int, cast: Cast, ada: Browsing
) -> None:
    place = f"/notices/endpoints/{endpoint_id}"
    with pool().connection() as connection:
        connection.execute("DELETE FROM act")
    ada.client.post("/notices/endpoints/new", NEW)
    ada.client.post(f"{place}/topics", {"topics": DEFAULT_TOPICS[:1]})
    ada.post(place, {"action": "rotate"})
    ada.post(f"{place}/remove", {})
    ada.post(f"{place}/remove", {})

    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT actor, party, kind, subject, detail FROM act ORDER BY act_id"
        ).fetchall()
    assert {(actor, party) for actor, party, *_ in rows} == {("ada@alpha.example", "Alpha Energy")}
    assert [row[2:] for row in rows] == [
        ("endpoint_added", f"endpoint {endpoint_id + 1}", f"webhook: {ADDRESS}"),
        ("endpoint_changed", f"endpoint {endpoint_id}", f"topics: {DEFAULT_TOPICS[0]}"),
        ("endpoint_changed", f"endpoint {endpoint_id}", "a new secret"),
        ("endpoint_removed", f"endpoint {endpoint_id}", ""),
    ]


def test_a_viewer_of_the_party_sees_the_endpoints_and_manages_none(
    endpoint_id: int, cast: Cast, colleague: Browsing
) -> None:
    User.objects.filter(email="alan@alpha.example").update(role=Role.VIEWER)
    give_up(cast, endpoint_id)
    page = colleague.open("/notices")
    place = page.links()[f"{endpoint_id}: {ADDRESS}"]
    own = colleague.open(place)

    assert page.all("main button") == ["Show"]
    assert "Your organisation’s administrators choose where notices go." in page.one("main")
    assert own.all("main button") == []
    assert list(own.links()) == []
    for address, sent in (
        ("/notices", {"resend": "all"}),
        ("/notices/endpoints/new", NEW),
        (place, {"action": "rotate"}),
        (f"{place}/topics", {"topics": "test"}),
        (f"{place}/remove", {}),
    ):
        assert colleague.client.post(address, sent).status_code == 403
    assert states(cast) == ["dead"]
    assert len(alphas(cast)) == 1


@pytest.mark.parametrize("who", ["ben", "stranger", "olga"])
def test_no_one_else_manages_them(endpoint_id: int, cast: Cast, who: str) -> None:
    other = Browsing.signed_in(getattr(cast, who))
    notice_id = give_up(cast, endpoint_id)
    before = only(cast), stored_secrets(endpoint_id)
    place, unknown = f"/notices/endpoints/{endpoint_id}", "/notices/endpoints/999999999"

    for end in ("", "/topics", "/remove"):
        theirs, nobodys = other.get(place + end), other.get(unknown + end)
        assert theirs.status_code == nobodys.status_code == 404
        assert page_of(theirs, place).one("main") == page_of(nobodys, unknown).one("main")
    sent = [
        *((place, {"action": action}) for action in ("test", "rotate", "enable")),
        (f"{place}/topics", {"topics": "distribution.received"}),
        (f"{place}/remove", {}),
    ]
    for address, data in sent:
        assert other.post(address, data).status_code == 404, address
    for which in (notice_id, "all"):
        other.post("/notices", {"resend": which})
        assert "There is nothing to be sent again." in other.open("/notices").one("main")
    assert (only(cast), stored_secrets(endpoint_id)) == before
    assert states(cast) == ["dead"]


def test_dcc_sees_them_but_is_offered_nothing_to_do(
    endpoint_id: int, cast: Cast, olga: Browsing
) -> None:
    give_up(cast, endpoint_id)
    page = olga.open("/notices")

    assert f"{endpoint_id}: {ADDRESS}" in page.one("main")
    assert f"{endpoint_id}: {ADDRESS}" not in page.links()
    assert page.all("main button") == ["Show"]


@pytest.mark.parametrize("end", ["", "/topics", "/remove"])
def test_an_endpoint_larger_than_any_there_can_be_is_not_there(ada: Browsing, end: str) -> None:
    assert ada.get(f"/notices/endpoints/{2**63}{end}").status_code == 404


def test_a_channel_of_a_newer_firmtrack_is_shown_by_its_name(
    endpoint_id: int, cast: Cast, ada: Browsing, olga: Browsing
) -> None:
    with pool().connection() as connection:
        connection.execute("UPDATE notice_endpoint SET channel = 'pigeon'")

    for listing in (ada.open("/notices"), olga.open("/notices")):
        assert "pigeon" in listing.one("main")
        assert "Send a test" not in listing.one("main")
    page = ada.open(f"/notices/endpoints/{endpoint_id}").one("main")
    assert "pigeon" in page
    assert "Remove this endpoint" in page
    assert "Send a test" not in page
    assert "secret" not in page.lower()
    assert ada.open(f"/notices/endpoints/{endpoint_id}/topics").one("main")
    assert ada.post(f"/notices/endpoints/{endpoint_id}", {"action": "test"}).status_code == 400


@pytest.mark.parametrize("sent", [{}, {"action": "explode"}])
def test_an_action_that_there_is_not_is_refused(
    endpoint_id: int, ada: Browsing, sent: dict[str, str]
) -> None:
    assert ada.post(f"/notices/endpoints/{endpoint_id}", sent).status_code == 400


@pytest.mark.parametrize("sent", [{}, {"resend": ""}, {"resend": "x"}, {"endpoint_id": "1"}])
def test_only_a_notice_or_all_can_be_sent_again(ada: Browsing, sent: dict[str, str]) -> None:
    assert ada.post("/notices", sent).status_code == 400


def test_a_form_from_elsewhere_changes_nothing(endpoint_id: int, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.force_login(cast.ada)
    place = f"/notices/endpoints/{endpoint_id}"

    for address in (place, f"{place}/topics", f"{place}/remove", "/notices/endpoints/new"):
        assert client.post(address, {**NEW, "action": "rotate"}).status_code == 403
    assert only(cast).earlier_secret_until is None
    assert User.objects.filter(pk=cast.ada.pk).exists()
