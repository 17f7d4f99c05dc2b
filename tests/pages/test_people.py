"""A party's administrators manage its people and tokens on pages, and read what these did."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from firmtrack.accounts import people, tokens
from firmtrack.accounts.kinds import Role, TokenScope
from firmtrack.accounts.models import ApiToken, User
from firmtrack.accounts.people import PersonState
from firmtrack.environment import MailServer
from firmtrack.store import database
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.pages import world
from tests.pages.browsing import Browsing, content_of
from tests.pages.world import PASSWORD, Cast

SECRET = re.compile(r"ft_[A-Za-z0-9_-]{48}")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
LINK = re.compile(r"http://localhost/\S+")
TOKEN = {"name": "Dashboard", "scopes": ["read"], "days": "30"}


@pytest.fixture(scope="module")
def conninfo(postgres: EmbeddedPostgres) -> Iterator[str]:
    with fresh_database(postgres) as conninfo:
        yield conninfo


@pytest.fixture
def cast(conninfo: str) -> Iterator[Cast]:
    """The people in a database of their own, since these tests change who they are."""
    database.use(conninfo)
    yield world.people()
    with pool().connection() as at:
        at.execute(
            "TRUNCATE accounts_party, accounts_user, django_session, act, lookup_audit CASCADE"
        )
    database.close()


@pytest.fixture
def alf(cast: Cast) -> User:
    """A viewer of Alpha."""
    return people.add_user("alf@alpha.example", cast.ada.party, PASSWORD)


@pytest.fixture
def alan(cast: Cast) -> User:
    """Another administrator of Alpha."""
    return people.add_user("alan@alpha.example", cast.ada.party, PASSWORD, Role.PARTY_ADMINISTRATOR)


def place(person: User, what: str = "") -> str:
    return f"/people/{person.pk}{what}"


def now(person: User) -> User:
    return User.objects.select_related("party").get(pk=person.pk)


def test_the_navigation_leads_only_where_one_may_go(cast: Cast, ada: Browsing, alf: User) -> None:
    administration = ["People", "Tokens", "Audit"]
    own = ada.open("/guidance").all(".firmtrack-nav a")
    assert [each for each in own if each in administration] == administration
    viewers = Browsing.signed_in(alf).open("/guidance").all(".firmtrack-nav a")
    assert not set(administration) & set(viewers)


def test_whose_role_does_not_allow_it_is_told_who_can(cast: Cast, alf: User) -> None:
    browsing = Browsing.signed_in(alf)
    for address in ("/people", "/people/invite", "/tokens", "/tokens/new", "/audit", place(alf)):
        page = browsing.open(address)
        assert (page.status, page.heading) == (403, "Your role does not allow this")
        assert page.all("main li") == ["ada@alpha.example"]
    people.change_role(cast.ada, Role.VIEWER, may_be_last=True)
    assert "no administrator now" in browsing.open("/people").one("main")


def test_the_list_says_of_everyone_what_they_are_and_since_when(
    cast: Cast, ada: Browsing, alf: User
) -> None:
    invited = people.invite_person("ann@alpha.example", cast.ada.party)
    people.disable(alf)

    page = ada.open("/people")

    rows = {row[0]: row[1:3] for row in page.rows()}
    assert rows["ada@alpha.example (you)"] == ["Party administrator", "Active"]
    assert rows[invited.email] == ["Viewer", "Invited"]
    assert rows[alf.email][1].startswith("Disabled ")
    assert "bravo" not in page.text


def test_somebody_is_invited_and_the_link_is_shown_once(cast: Cast, ada: Browsing) -> None:
    address = ada.open("/people").links()["Invite somebody"]
    page = ada.open(address)
    assert page.all("main .govuk-radios label") == ["Viewer", "Party administrator"]

    response = ada.post(address, {"email": "Ann@Alpha.example", "role": "viewer"})

    ann = people.person_named("ann@alpha.example")
    assert response.headers["Location"] == place(ann)
    assert (people.state_of(ann), ann.role) == (PersonState.INVITED, Role.VIEWER)
    assert not LINK.search(str(ada.client.session.items())), "the session keeps no plain link"
    first, second = ada.open(place(ann)), ada.open(place(ann))
    assert LINK.search(first.one("main"))
    assert not LINK.search(second.one("main"))
    ada.post(place(ann), {"action": "invite-again"})
    assert LINK.search(ada.open(place(ann)).one("main"))
    assert now(ann).invited_at != ann.invited_at


def test_with_a_mail_server_the_link_is_nobodys_but_the_persons(cast: Cast, ada: Browsing) -> None:
    server = MailServer(host="127.0.0.1", port=1, user="", password="", is_secure=False)
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, mail_server=server)):
        ada.post("/people/invite", {"email": "ann@alpha.example", "role": "viewer"})
    page = ada.open("/people")
    assert "ann@alpha.example is invited by mail." in page.one("main")
    assert not LINK.search(page.one("main"))


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({}, "Enter an email address"),
        ({"email": "x", "role": "viewer"}, "in the correct form"),
        ({"email": "ann@alpha.example"}, "Select a role"),
        ({"email": "ann@alpha.example", "role": "dcc_administrator"}, "Select a role"),
        ({"email": "ada@alpha.example", "role": "viewer"}, "of your organisation already"),
        ({"email": "ben@bravo.example", "role": "viewer"}, "This address cannot be invited"),
        ({"email": "x\0@alpha.example", "role": "viewer"}, "Null characters"),
    ],
)
def test_a_bad_invitation_is_refused(
    cast: Cast, ada: Browsing, sent: dict[str, str], problem: str
) -> None:
    count = User.objects.count()
    response = ada.post("/people/invite", sent)
    assert response.status_code == 400
    assert problem in response.content.decode()
    assert "Bravo" not in response.content.decode()
    assert User.objects.count() == count


def test_a_role_is_changed_and_who_may_do_less_signs_in_again(
    cast: Cast, ada: Browsing, alan: User
) -> None:
    theirs = Browsing.signed_in(alan)
    theirs.open("/guidance")
    sent = {"action": "role", "seen": "party_administrator", "role": "viewer"}
    assert ada.post(place(alan), sent).headers["Location"] == place(alan)

    assert "is now Viewer" in ada.open(place(alan)).one("main")
    assert theirs.get("/guidance").status_code == 302
    ada.post(place(alan), sent)
    assert "Nothing was changed" in ada.open(place(alan)).one("main"), "the page was a stale one"
    for role in ("dcc_administrator", "", "king"):
        wrong = ada.post(place(alan), sent | {"seen": "viewer", "role": role})
        assert wrong.status_code == 400
    assert now(alan).role == Role.VIEWER


def test_the_last_administrator_can_neither_disable_nor_demote_themselves(
    cast: Cast, ada: Browsing, alf: User
) -> None:
    demoting = {"action": "role", "seen": "party_administrator", "role": "viewer"}
    for address, sent in ((place(cast.ada, "/disable"), {}), (place(cast.ada), demoting)):
        response = ada.post(address, sent)
        assert response.status_code == 400
        assert "the last administrator of your organisation" in response.content.decode()
    assert now(cast.ada).is_active
    assert now(cast.ada).role == Role.PARTY_ADMINISTRATOR


def test_an_administrator_who_disables_themselves_is_signed_out(
    cast: Cast, ada: Browsing, alan: User
) -> None:
    address = place(cast.ada, "/disable")
    assert ada.open(address).heading == "Disable ada@alpha.example?"
    assert ada.post(address, {}).headers["Location"] == "/sign-in"
    assert ada.get("/people").status_code == 302
    assert not now(cast.ada).is_active


def test_whoever_ends_their_own_sessions_is_led_to_the_sign_in_page(
    cast: Cast, ada: Browsing, alf: User
) -> None:
    theirs = Browsing.signed_in(alf)
    theirs.open("/guidance")
    ada.open("/guidance")
    ada.post(place(alf), {"action": "end-sessions"})
    assert "One session was ended." in ada.open(place(alf)).one("main")
    assert theirs.get("/guidance").status_code == 302
    response = ada.post(place(cast.ada), {"action": "end-sessions"})
    assert response.headers["Location"] == "/sign-in"
    assert ada.get("/people").status_code == 302


def test_somebody_is_disabled_once_that_is_confirmed_and_enabled_again(
    cast: Cast, ada: Browsing, alan: User
) -> None:
    theirs = Browsing.signed_in(alan)
    secret = tokens.create_own_token(
        alan, "Mine", [TokenScope.READ], datetime.now(UTC) + timedelta(days=1)
    )
    address = ada.open(place(alan)).links()["Disable this person"]
    assert "The token that they made is revoked." in ada.open(address).one("main")
    assert now(alan).is_active

    for said in ("is disabled", "was already disabled"):
        assert ada.post(address, {}).headers["Location"] == place(alan)
        assert said in ada.open(place(alan)).one("main")

    assert theirs.get("/guidance").status_code == 302
    call = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/freshness", headers=call).status_code == 401
    address = ada.open(place(alan)).links()["Let this person sign in again"]
    assert ada.open(address).heading == "Let alan@alpha.example sign in again?"
    ada.post(address, {})
    assert now(alan).is_active
    assert Client().get("/api/v1/freshness", headers=call).status_code == 401


@pytest.mark.parametrize("what", ["", "/disable", "/enable"])
@pytest.mark.parametrize("number", ["0", "987654321", "9" * 30])
def test_who_is_not_of_the_party_is_not_there(
    cast: Cast, ada: Browsing, what: str, number: str
) -> None:
    missing = ada.open(f"/people/{number}{what}")
    others = ada.open(place(cast.ben, what))
    assert (missing.status, others.status) == (404, 404)
    assert CSRF.sub("", missing.text) == CSRF.sub("", others.text)
    assert ada.post(place(cast.ben, what), {"action": "role"}).status_code == 404
    assert now(cast.ben).is_active


def test_a_token_is_made_and_its_secret_shown_once(cast: Cast, ada: Browsing) -> None:
    address = ada.open("/tokens").links()["Make a token"]
    page = ada.open(address)
    assert page.root.xpath("//input[@name='days']/@value") == ["90"]
    scopes = page.all("main .govuk-checkboxes label")
    assert scopes == ["Look up requests and devices", "Hand in messages"]

    assert ada.client.post(address, TOKEN).headers["Location"] == "/tokens"

    made = ApiToken.objects.get()
    assert (made.name, made.scopes, made.created_by) == ("Dashboard", "read", cast.ada)
    assert made.expires_at is not None
    assert (made.expires_at - made.created_at).days in {29, 30}
    assert not SECRET.search(str(ada.client.session.items())), "the session keeps no plain secret"
    # The button pressed twice makes no second one, and takes the secret from nobody.
    again = ada.client.post(address, TOKEN)
    assert (again.status_code, ApiToken.objects.count()) == (400, 1)
    assert "A token of this name is still good" in again.content.decode()
    first, second = ada.open("/tokens"), ada.open("/tokens")
    (secret,) = SECRET.findall(first.one("main"))
    assert not SECRET.search(second.text)
    assert first.rows()[0][:3] == [
        f"Dashboard Ends in {secret[-4:]}", "Look up requests and devices", "ada@alpha.example",
    ]  # fmt: skip
    call = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/freshness", headers=call).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\u202eb"},
        {"scopes": []},
        {"scopes": ["metrics"]},
        {"scopes": ["read", "everything"]},
        {"days": "0"},
        {"days": "366"},
        {"days": "1e2"},
        {"days": "9" * 40},
    ],
)
def test_a_bad_token_is_refused(cast: Cast, ada: Browsing, sent: dict[str, object]) -> None:
    assert ada.client.post("/tokens/new", TOKEN | sent).status_code == 400
    assert not ApiToken.objects.exists()


def test_dccs_administrators_make_tokens_for_metrics(cast: Cast, olga: Browsing) -> None:
    assert olga.client.post("/tokens/new", TOKEN | {"scopes": ["metrics"]}).status_code == 302
    assert ApiToken.objects.get().scopes == "metrics"


def test_a_token_is_revoked_once_that_is_confirmed(cast: Cast, ada: Browsing) -> None:
    ada.client.post("/tokens/new", TOKEN)
    token = ApiToken.objects.get()
    address = f"/tokens/{token.pk}/revoke"
    assert address in ada.open("/tokens").links().values()
    assert ada.open(address).heading == "Revoke the token “Dashboard”?"

    for said in ("is revoked", "was already revoked"):
        assert ada.post(address, {}).headers["Location"] == "/tokens"
        assert said in ada.open("/tokens").one("main")
    assert Browsing.signed_in(cast.ben).post(address, {}).status_code == 404
    assert address not in ada.open("/tokens").links().values()


def test_what_was_done_is_in_the_audit_of_the_party_alone(
    cast: Cast, ada: Browsing, alan: User
) -> None:
    Browsing.signed_in(cast.ben).open("/notices")
    ada.post(place(alan, "/disable"), {})
    ada.open("/notices")

    page = ada.open("/audit")

    assert [row[1:3] for row in page.rows()[:3]] == [
        ["ada@alpha.example", "Looked up notices"],
        ["ada@alpha.example", "Disabled a person"],
        ["operator", "Added a person"],
    ]
    assert "bravo" not in page.text
    filtered = ada.open("/audit", {"kind": "person_disabled", "who": "ADA@"})
    assert [row[3] for row in filtered.rows()] == ["alan@alpha.example"]
    assert ada.open("/audit", {"day": "2001-01-01"}).one("main").count("There are no such") == 1
    wrong = ada.open("/audit", {"day": "yesterday"})
    assert (wrong.status, wrong.title) == (400, "Error: Audit")
    assert ada.open("/audit", {"kind": "x"}).status == 400
    assert ada.get("/audit.csv", {"kind": "x"}).status_code == 400
    assert "Bravo" not in ada.open("/audit", {"party": "Bravo Power"}).text
    for before in ("x", "1", "1-x", "-1-2", "1-" + "9" * 30):
        assert ada.get("/audit", {"before": before}).status_code == 400


def test_the_audit_goes_on_page_by_page_and_as_a_file(cast: Cast, ada: Browsing) -> None:
    for _ in range(60):
        ada.get("/notices")
    first = ada.open("/audit")
    second = ada.open(first.links()["Earlier entries"])
    assert len(first.rows()) == 50
    assert len(second.rows()) >= 10

    response = ada.get(first.links()["Download as CSV"])

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = content_of(response).decode().splitlines()
    assert lines[0] == "Time,Party,Who,Kind,What,Detail,Rows,As of"
    assert sum("Looked up notices" in line for line in lines) == 60
    assert sum("Downloaded the audit" in line for line in lines) == 0
    assert "Downloaded the audit" in ada.open("/audit").one("table")


def test_dccs_administrator_reads_everyones_and_its_desk_nobodys(
    cast: Cast, olga: Browsing
) -> None:
    Browsing.signed_in(cast.ada).open("/notices")
    page = olga.open("/audit")
    assert {"Alpha Energy", "Bravo Power"} <= {row[1] for row in page.rows()}
    chosen = olga.open("/audit", {"party": "Alpha Energy"})
    assert {row[1] for row in chosen.rows()} == {"Alpha Energy"}
    dan = people.add_user("dan@dcc.example", cast.olga.party, PASSWORD)
    assert Browsing.signed_in(dan).open("/audit").status == 403


def test_lists_of_people_and_tokens_ask_as_much_however_long_they_are(
    cast: Cast, ada: Browsing
) -> None:
    def statements(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            ada.open(address)
        return len(asked)

    statements("/people")  # the first page of a session notes it
    few = [statements(address) for address in ("/people", "/tokens")]
    for number in range(10):
        person = people.add_user(f"a{number}@alpha.example", cast.ada.party, PASSWORD)
        tokens.create_token(
            cast.ada.party, TokenScope.READ, created_at=person.added_at, created_by=person
        )
    assert [statements(address) for address in ("/people", "/tokens")] == few
