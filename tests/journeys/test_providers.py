"""Signing in by a party's own provider, through a real server and against a real provider."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import expect

from tests.journeys.narrow_screen import assert_fits
from tests.journeys.processes import PATIENCE_SECONDS, called, free_port, on
from tests.journeys.provider import Claims, LyingProvider, provider_at
from tests.journeys.test_accessibility import assert_anybody_can_use
from tests.journeys.visitor import Visitor

# The provider runs in a thread of this process, and the packages that it is made of warn of each
# other.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NAME = "alpha-energy"


def told(email: str, *, role: str | None = "Support", is_verified: object = True) -> Claims:
    claims: Claims = {"email": email, "email_verified": is_verified}
    return claims if role is None else claims | {"groups": ["Everyone", role]}


USERS: dict[str, Claims] = {
    "ada": told("ada@alpha.example", role="Administrators"),
    "amy": told("Amy@alpha.example"),
    "rose": told("rose@alpha.example", role="Administrators"),
    "ben": told("ben@bravo.example"),
    "no role": told("arthur@alpha.example", role=None),
    "unmapped": told("arthur@alpha.example", role="Canteen"),
    "unverified": told("arthur@alpha.example", is_verified=False),
    "unsaid": {"email": "arthur@alpha.example", "groups": ["Support"]},
    "no email": {"groups": ["Support"]},
    "odd email": told("no address"),
    "disabled": told("former@alpha.example"),
}


@pytest.fixture(scope="module")
def provider(
    portal_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LyingProvider]:
    """Alpha's provider, which Firmtrack knows as NAME."""
    directory = tmp_path_factory.mktemp("provider")
    with provider_at(free_port(), USERS) as lying:
        assert "added" in add(portal_database, directory, NAME, lying.issuer)
        yield lying
    env = on(portal_database, directory)
    assert called("provider", "remove", NAME, env=env).returncode == 0


@pytest.fixture(autouse=True)
def honest(provider: LyingProvider) -> Iterator[None]:
    yield
    provider.be_honest()


@pytest.fixture
def connection(portal_database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(portal_database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def browser_of(portal: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal, timeout=PATIENCE_SECONDS) as client:
        yield client


def add(where: str, directory: Path, name: str, issuer: str) -> str:
    env = on(where, directory) | {"FIRMTRACK_PROVIDER_PRIVATE_ADDRESSES": "on"}
    done = called(
        "provider", "add", name, "--party", "Alpha Energy", "--issuer", issuer,
        "--client-id", "firmtrack", "--role-claim", "groups",
        "--role", "Administrators=party_administrator", "--role", "Support=viewer",
        "--client-secret-stdin", env=env, typed=b"the client secret\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def come_back(client: httpx.Client, sub: str, next_page: str = "") -> str:
    """Sign in at the provider as ``sub``; return the address to which it leads back."""
    begun = client.get(f"/sign-in/organisation/{NAME}/begin", params={"next": next_page})
    assert begun.status_code == 302, begun.text
    away = begun.headers["Location"]
    asked = parse_qs(urlsplit(away).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    answer = httpx.post(away, data={"sub": sub}, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def sign_in(client: httpx.Client, sub: str, next_page: str = "") -> httpx.Response:
    return client.get(come_back(client, sub, next_page))


def is_signed_in(client: httpx.Client) -> bool:
    return client.get("/guidance").status_code == 200


def role_of(connection: psycopg.Connection[tuple[object, ...]], email: str) -> object:
    row = connection.execute("SELECT role FROM accounts_user WHERE email = %s", [email]).fetchone()
    return None if row is None else row[0]


def last_failure(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...]:
    row = connection.execute(
        "SELECT actor, party, detail FROM act WHERE kind = 'sign_in_failed'"
        " ORDER BY act_id DESC LIMIT 1"
    ).fetchone()
    assert row is not None
    return row


def test_ada_signs_in_by_her_organisation(newcomer: Visitor, provider: LyingProvider) -> None:
    page = newcomer.page
    # What the provider's page would load from elsewhere.
    page.route(lambda url: "//127.0.0.1:" not in url, lambda route: route.fulfill(body=""))
    page.goto("/notices")
    page.get_by_role("link", name="Sign in with your organisation").click()
    page.get_by_label("Your organisation’s name").fill("nobody-knows")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the name that your organisation")
    page.get_by_label("Your organisation’s name").fill(f" {NAME.upper()} ")
    page.get_by_role("button", name="Continue").click()
    newcomer.sees("Sign in with your organisation")
    assert_fits(page)
    page.get_by_role("button", name="Continue to your organisation").click()
    page.wait_for_url(f"{provider.issuer}/**")
    page.get_by_role("button", name="ada", exact=True).click()
    newcomer.sees("Notices")
    expect(page.locator(".firmtrack-bar__account--bar span")).to_have_text(
        "ada@alpha.example, Alpha Energy"
    )


def test_somebody_new_becomes_a_person_of_the_party(
    browser_of: httpx.Client, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    answer = sign_in(browser_of, "amy", "/notices")
    assert answer.headers["Location"] == "/notices"
    assert is_signed_in(browser_of)
    row = connection.execute(
        "SELECT party.name, role, password FROM accounts_user AS person"
        " JOIN accounts_party AS party ON party.id = party_id WHERE email = 'amy@alpha.example'"
    ).fetchone()
    assert row is not None
    assert row[:2] == ("Alpha Energy", "viewer")
    assert str(row[2]).startswith("!"), "there is no password to sign in by"
    assert browser_of.get("/account/password").status_code == 404


def test_the_role_is_what_the_provider_says_at_each_sign_in(
    browser_of: httpx.Client,
    portal: str,
    provider: LyingProvider,
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    assert sign_in(browser_of, "rose").status_code == 302
    assert role_of(connection, "rose@alpha.example") == "party_administrator"
    provider.tamper = lambda claims: claims | {"groups": "Support"}
    with httpx.Client(base_url=portal, timeout=PATIENCE_SECONDS) as another:
        assert sign_in(another, "rose").status_code == 302
        assert is_signed_in(another)
    assert role_of(connection, "rose@alpha.example") == "viewer"
    assert not is_signed_in(browser_of), "who may do less has lost what they had"


@pytest.mark.parametrize(
    ("sub", "refusal"),
    [
        ("ben", "not of the party"),
        ("no role", "no role"),
        ("unmapped", "no role"),
        ("unverified", "email address not verified"),
        ("unsaid", "email address not verified"),
        ("no email", "no email address"),
        ("odd email", "no email address"),
    ],
)
def test_whom_the_providers_word_does_not_let_in(
    browser_of: httpx.Client,
    connection: psycopg.Connection[tuple[object, ...]],
    sub: str,
    refusal: str,
) -> None:
    answer = sign_in(browser_of, sub)
    assert answer.status_code == 403
    assert "Go to the sign-in page" in answer.text
    assert not is_signed_in(browser_of)
    assert role_of(connection, "arthur@alpha.example") is None
    actor, party, detail = last_failure(connection)
    expected = (
        ("ben@bravo.example", "Bravo Power") if sub == "ben" else ("nobody known", "Alpha Energy")
    )
    assert (actor, party) == expected
    assert detail == f"provider {NAME}: {refusal}"


def test_who_was_disabled_stays_so(
    browser_of: httpx.Client, portal: str, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    assert sign_in(browser_of, "disabled").status_code == 302
    connection.execute("UPDATE accounts_user SET is_active = false WHERE email LIKE 'former@%'")
    assert not is_signed_in(browser_of)
    assert sign_in(browser_of, "disabled").status_code == 403
    assert not is_signed_in(browser_of)


def test_who_was_moved_to_another_party_is_not_let_in_by_the_old_one(
    browser_of: httpx.Client, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    assert sign_in(browser_of, "amy").status_code == 302
    move = (
        "UPDATE accounts_user SET party_id = (SELECT id FROM accounts_party WHERE name = %s)"
        " WHERE email = 'amy@alpha.example'"
    )
    connection.execute(move, ["Bravo Power"])
    try:
        browser_of.cookies.clear()
        assert sign_in(browser_of, "amy").status_code == 403
    finally:
        connection.execute(move, ["Alpha Energy"])


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": ["firmtrack", "another client"]},
        {"aud": ["firmtrack", "another client"], "azp": "another client"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"sub": "x" * 192},
        {"sub": 7},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_good_lets_nobody_in(
    browser_of: httpx.Client, provider: LyingProvider, lie: Claims
) -> None:
    back = come_back(browser_of, "ada")
    provider.tamper = lambda claims: claims | lie
    answer = browser_of.get(back)
    assert answer.status_code == 403
    assert "You could not be signed in" in answer.text
    assert not is_signed_in(browser_of)


@pytest.mark.parametrize(
    ("algorithm", "forges"), [("RS256", True), ("none", False), ("HS256", False)]
)
def test_an_id_token_that_is_signed_by_somebody_else_lets_nobody_in(
    browser_of: httpx.Client, provider: LyingProvider, algorithm: str, *, forges: bool
) -> None:
    provider.algorithm, provider.forges = algorithm, forges
    assert sign_in(browser_of, "ada").status_code == 403
    assert not is_signed_in(browser_of)


def test_what_came_back_once_is_no_good_again(browser_of: httpx.Client, portal: str) -> None:
    back = come_back(browser_of, "ada")
    with httpx.Client(base_url=portal, timeout=PATIENCE_SECONDS) as another:
        assert another.get(back).status_code == 403, "it is another browser's"
        assert not is_signed_in(another)
    assert browser_of.get(back).status_code == 302
    browser_of.cookies.delete("sessionid")
    assert browser_of.get(back).status_code == 403
    assert not is_signed_in(browser_of)


def test_another_issuer_cannot_answer(browser_of: httpx.Client) -> None:
    back = come_back(browser_of, "ada")
    answer = browser_of.get(f"{back}&iss=https%3A%2F%2Felsewhere.example")
    assert answer.status_code == 403
    assert not is_signed_in(browser_of)


def test_who_gives_up_at_the_provider_is_told_so(browser_of: httpx.Client) -> None:
    away = browser_of.get(f"/sign-in/organisation/{NAME}/begin").headers["Location"]
    back = httpx.post(away, data={"action": "deny"}).headers["Location"]
    (state,) = parse_qs(urlsplit(away).query)["state"]
    answer = browser_of.get(f"{back}&state={state}")  # which this provider leaves out
    assert answer.status_code == 400
    assert "You have not signed in" in answer.text


def test_a_refusal_can_be_read_by_anybody(scripted_ada: Visitor, provider: LyingProvider) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    page.goto(f"/sign-in/organisation/{NAME}")
    assert_anybody_can_use(scripted_ada)
    page.goto(f"/sign-in/organisation/{NAME}/return?code=x&state=x")
    scripted_ada.sees("You could not be signed in")
    assert_anybody_can_use(scripted_ada)


def test_nobody_is_led_to_another_site(browser_of: httpx.Client) -> None:
    answer = sign_in(browser_of, "ada", "https://elsewhere.example/")
    assert answer.headers["Location"] == "/firmware-distribution"


def test_a_provider_that_is_away_or_another_is_told_of_and_nothing_else_happens(
    browser_of: httpx.Client, portal_database: str, tmp_path: Path
) -> None:
    name, port = "alpha-other", free_port()
    add(portal_database, tmp_path, name, f"http://127.0.0.1:{port}")
    begin, page = f"/sign-in/organisation/{name}/begin", f"/sign-in/organisation/{name}"
    try:
        assert browser_of.get(page).status_code == 200
        answer = browser_of.get(begin)
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        with provider_at(port, USERS) as lying:
            lying.issuer_told = "https://elsewhere.example"
            assert browser_of.get(begin).status_code == 403
            lying.be_honest()
            away = browser_of.get(begin).headers["Location"]
            back = httpx.post(away, data={"sub": "ada"}).headers["Location"]
        assert browser_of.get(back).status_code == 503
    finally:
        env = on(portal_database, tmp_path)
        assert called("provider", "remove", name, env=env).returncode == 0
    assert browser_of.get(page).status_code == browser_of.get(begin).status_code == 404


def test_an_operator_lists_providers_and_no_secrets(portal_database: str, tmp_path: Path) -> None:
    listed = called("provider", "list", "--json", env=on(portal_database, tmp_path))
    (found,) = json.loads(listed.stdout)["providers"]
    assert (found["name"], found["party"]) == (NAME, "Alpha Energy")
    assert found["roles"] == {"Administrators": "party_administrator", "Support": "viewer"}
    assert "secret" not in listed.stdout


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"--issuer": "http://127.0.0.1:1"}, "must begin with https://"),
        ({"--issuer": "https://10.0.0.1"}, "public Internet"),
        ({"--role": "Support=dcc_administrator"}, "cannot have the role"),
        ({"--role": "Support=king"}, "is no role"),
        ({"--role": "viewer"}, "VALUE=ROLE"),
        ({"--party": "Charlie"}, "no party named"),
    ],
)
def test_a_provider_that_cannot_be_is_refused(
    portal_database: str, tmp_path: Path, change: dict[str, str], problem: str
) -> None:
    options = {
        "--party": "Alpha Energy", "--issuer": "https://alpha.example", "--client-id": "x",
        "--role-claim": "groups", "--role": "Support=viewer",
    } | change  # fmt: skip
    given = [each for pair in options.items() for each in pair]
    done = called(
        "provider", "add", "a-name", *given, "--client-secret-stdin",
        env=on(portal_database, tmp_path), typed=b"secret\n",
    )  # fmt: skip
    assert done.returncode != 0
    assert problem in " ".join(done.stderr.replace("│", " ").split())
