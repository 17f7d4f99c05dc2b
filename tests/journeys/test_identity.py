"""The pages of signing in and of one's account, in a browser."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from firmtrack.accounts.people import person_named
from firmtrack.web.invitations import invite
from tests.databases import used
from tests.journeys.processes import (
    called,
    ended,
    firmtrack,
    free_port,
    listens,
    on,
    wait_until,
)
from tests.journeys.test_accessibility import assert_anybody_can_use
from tests.journeys.visitor import Visitor
from tests.pages.world import PASSWORD

EMAIL = "newcomer@alpha.example"
OTHER = "a shorter way to the hub"


@pytest.fixture
def person(portal_database: str, tmp_path: Path) -> Iterator[str]:
    """Somebody of Alpha's who has not signed in yet, by email address."""
    env = on(portal_database, tmp_path)
    typed = f"{PASSWORD}\n".encode()
    added = called(
        "user", "add", EMAIL, "--party", "Alpha Energy", "--password-stdin", env=env, typed=typed
    )
    assert added.returncode == 0, added.stderr
    yield EMAIL
    with psycopg.connect(portal_database) as connection:
        user = "(SELECT id FROM accounts_user WHERE email = %s)"
        for table in ("mfa_authenticator", "usersessions_usersession"):
            connection.execute(f"DELETE FROM {table} WHERE user_id = {user}", [EMAIL])
        connection.execute("DELETE FROM accounts_user WHERE email = %s", [EMAIL])


def code(secret: str, steps: int) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def test_one_time_codes_are_set_up_used_and_removed(scripted_ada: Visitor, person: str) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    scripted_ada.sign_in(person)
    page.get_by_role("link", name=person).click()
    scripted_ada.sees("Your account")
    page.get_by_role("link", name="Set up one-time codes").click()
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the code")
    assert_anybody_can_use(scripted_ada)
    secret = page.locator(".firmtrack-id").inner_text()
    page.get_by_label("Code", exact=True).fill(code(secret, 0))
    page.get_by_role("button", name="Set up").click()
    scripted_ada.sees("Your recovery codes")
    assert_anybody_can_use(scripted_ada)
    page.reload()
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Make new recovery codes").click()
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("link", name="Keep what there is").click()
    scripted_ada.sign_out()

    scripted_ada.sign_in(person)
    scripted_ada.sees("Enter your one-time code")
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Code", exact=True).fill(code(secret, 1))
    page.get_by_role("button", name="Continue").click()
    scripted_ada.sees("Firmware Distribution Tracking")

    for way in ("confirm", "confirm-code"):
        page.goto(f"/account/{way}?next=/account")
        scripted_ada.sees("Confirm that it is you")
        assert_anybody_can_use(scripted_ada)
    page.goto("/account")
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("link", name="Remove one-time codes").click()
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Remove one-time codes").click()
    expect(page.get_by_role("alert")).to_contain_text("without a one-time code")
    assert_anybody_can_use(scripted_ada)


def test_a_password_is_changed_on_the_page(scripted_ada: Visitor, person: str) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    scripted_ada.sign_in(person)
    page.goto("/account/password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your current password")
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password again").fill(OTHER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("Your password was changed")
    assert_anybody_can_use(scripted_ada)


def test_an_operator_gives_another_password_and_ends_sessions(
    scripted_ada: Visitor, person: str, portal_database: str, tmp_path: Path
) -> None:
    env = on(portal_database, tmp_path)
    page = scripted_ada.page
    page.context.clear_cookies()
    scripted_ada.sign_in(person)
    scripted_ada.sees("Firmware Distribution Tracking")
    listed = called("session", "list", "--user", person, env=env)
    assert re.search(rf"\d+\t{person}\tAlpha Energy\tChrome", listed.stdout)
    weak = called("user", "password", person, "--password-stdin", env=env, typed=b"short\n")
    assert weak.returncode == 1
    assert "too short" in weak.stderr
    typed = f"{OTHER}\n".encode()
    done = called("user", "password", person, "--password-stdin", env=env, typed=typed)
    assert done.returncode == 0, done.stderr
    page.goto("/guidance")
    scripted_ada.sees("Sign in to Firmtrack")
    scripted_ada.sign_in(person, OTHER)
    scripted_ada.sees("Firmware Distribution Tracking")
    assert called("session", "end", "--user", person, env=env).stdout == "1 session ended.\n"
    page.goto("/guidance")
    scripted_ada.sees("Sign in to Firmtrack")
    for wrong in (["end", "999999999"], ["list", "--user", "nobody@x.example"]):
        assert called("session", *wrong, env=env).returncode == 1
    for unclear in (["end"], ["end", "1", "--all"]):
        assert called("session", *unclear, env=env).returncode == 2
    none = called("user", "reset-totp", person, env=env)
    assert none.stdout == f"{person} had no one-time codes.\n"


def test_who_is_invited_chooses_a_password(
    scripted_ada: Visitor, person: str, portal: str, portal_database: str
) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    with used(portal_database):
        link = invite(portal, person_named(person))
    page.goto(link)
    scripted_ada.sees("Choose a password")
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a new password")
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("New password", exact=True).fill(OTHER)
    page.get_by_label("New password again").fill(OTHER)
    page.get_by_role("button", name="Save the password").click()
    scripted_ada.sees("Your password is saved")
    page.get_by_role("link", name="Sign in").click()
    scripted_ada.sign_in(person, OTHER)
    scripted_ada.sees("Firmware Distribution Tracking")


@pytest.fixture
def portal_with_mail(portal_database: str, tmp_path: Path) -> Iterator[str]:
    """The address of a portal for which a server takes mail: in vain, for nobody listens there."""
    port = free_port()
    env = on(portal_database, tmp_path) | {"FIRMTRACK_MAIL_SERVER": "smtp://127.0.0.1:9"}
    server = firmtrack("serve", "--port", port, "--workers", 1, env=env)
    try:
        wait_until(lambda: server.poll() is not None or listens(port), "the portal answers")
        assert server.poll() is None
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        ended(server)


@pytest.mark.thorough
def test_who_forgot_their_password_asks_for_a_link(
    scripted_ada: Visitor, portal_with_mail: str
) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    page.goto(f"{portal_with_mail}/sign-in")
    page.get_by_role("link", name="I have forgotten my password").click()
    scripted_ada.sees("Choose a new password")
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your email address")
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Email address").fill("nobody@alpha.example")
    page.get_by_role("button", name="Send the link").click()
    scripted_ada.sees("Look at your email")
    assert_anybody_can_use(scripted_ada)


def test_the_pages_around_a_link_and_an_organisation_can_be_used_by_anybody(
    scripted_ada: Visitor,
) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    for address, heading in {
        "/password/choose/1/a-key": "The link is not good any more",
        "/password/chosen": "Your password is saved",
        "/sign-in/organisation": "Sign in with your organisation",
    }.items():
        page.goto(address)
        scripted_ada.sees(heading)
        assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
