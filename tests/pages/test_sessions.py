"""How long people stay signed in, and how sessions end before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from firmtrack.accounts.models import User
from firmtrack.accounts.passwords import set_password
from firmtrack.accounts.session_store import BEGAN, SessionStore
from firmtrack.accounts.sessions import end_sessions_of, sessions_of
from firmtrack.web.models import SignInAttempt
from tests.pages.browsing import Browsing, page_of
from tests.pages.world import PASSWORD, UNDER_WAY, Cast

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"


@pytest.fixture(autouse=True)
def nobody_is_signed_in(cast: Cast) -> Iterator[None]:
    SignInAttempt.objects.all().delete()
    Session.objects.all().delete()
    UserSession.objects.all().delete()
    yield
    Session.objects.all().delete()
    UserSession.objects.all().delete()


def signed_in(email: str = "ada@alpha.example", browser: str = FIREFOX) -> Browsing:
    browsing = Browsing.of_nobody()
    browsing.client.defaults["HTTP_USER_AGENT"] = browser
    response = browsing.post("/sign-in", {"username": email, "password": PASSWORD})
    assert response.status_code == 302
    return browsing


def is_let_in(browsing: Browsing) -> bool:
    return bool(browsing.get("/guidance").status_code == 200)


def acts_of(kind: str) -> list[tuple[str, str | None, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor, party, subject, detail FROM act WHERE kind = %s ORDER BY act_id", [kind]
        )
        return list(cursor.fetchall())


def move_back(seconds: float) -> None:
    """Make the one session as old as if all in it had happened earlier."""
    (row,) = Session.objects.all()
    earlier = timedelta(seconds=seconds)
    row.expire_date -= earlier
    kept = row.get_decoded()
    kept[BEGAN] -= seconds
    row.session_data = Session.objects.encode(kept)
    row.save()
    UserSession.objects.update(last_seen_at=timezone.now() - earlier)


def ends_at() -> datetime:
    return Session.objects.get().expire_date


def test_who_does_nothing_for_half_an_hour_signs_in_again() -> None:
    ada = signed_in()
    move_back(29 * 60)
    assert is_let_in(ada)
    move_back(30 * 60 + 1)
    assert not is_let_in(ada)


def test_after_twelve_hours_one_signs_in_again_whatever_one_did() -> None:
    ada = signed_in()
    for _ in range(26):
        move_back(28 * 60)  # 728 of 720 minutes, with a page at each
        if not is_let_in(ada):
            break
    else:
        pytest.fail("twelve hours were over")
    assert not sessions_of(None)


def test_a_session_is_written_once_a_minute_at_most() -> None:
    ada = signed_in()
    first = ends_at()
    for _ in range(3):
        assert is_let_in(ada)
    assert ends_at() == first
    move_back(61)
    earlier = ends_at()
    assert is_let_in(ada)
    assert ends_at() > earlier + timedelta(seconds=60)
    assert timezone.now() - UserSession.objects.get().last_seen_at < timedelta(seconds=30)


def test_a_page_that_refreshes_itself_is_no_use_of_the_session() -> None:
    ada = signed_in()
    move_back(600)
    earlier = ends_at()
    ada.client.get(f"/devices/{UNDER_WAY}/status", headers={"HX-Request": "true"})
    assert ends_at() == earlier
    ada.client.get(f"/devices/{UNDER_WAY}/status")
    assert ends_at() > earlier


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() -> None:
    anybody = Browsing.of_nobody()
    before = anybody.client.session.session_key
    anybody.post("/sign-in", {"username": "ada@alpha.example", "password": PASSWORD})
    cookie = anybody.client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"], "the browser forgets it when it is closed"
    assert cookie.value != before


def test_signing_in_forgets_sessions_that_have_ended() -> None:
    signed_in()
    move_back(31 * 60)
    signed_in()
    assert Session.objects.count() == UserSession.objects.count() == 1


def test_one_sees_where_one_is_signed_in_and_ends_it_there() -> None:
    here, there = signed_in(browser=FIREFOX), signed_in(browser=CHROME)
    ben = signed_in("ben@bravo.example")
    page = here.open("/account")
    assert sorted(row[0] for row in page.rows()) == ["Chrome on Linux", "Firefox on Windows"]
    (theirs,) = [each.pk for each in UserSession.objects.filter(user__email="ben@bravo.example")]
    assert here.post("/account", {"end": str(theirs)}).status_code == 404
    (number,) = [each.session_id for each in sessions_of(None) if each.browser == CHROME]
    assert here.post("/account", {"end": str(number)}).headers["Location"] == "/account"
    assert "You were signed out of Chrome on Linux." in here.open("/account").text
    assert is_let_in(here)
    assert not is_let_in(there)
    assert is_let_in(ben)
    assert acts_of("session_ended")[-1] == (
        "ada@alpha.example", "Alpha Energy", "ada@alpha.example", "Chrome on Linux",
    )  # fmt: skip


def test_one_signs_out_everywhere_else() -> None:
    here, there = signed_in(), signed_in()
    here.post("/account", {"end": "others"})
    assert is_let_in(here)
    assert not is_let_in(there)


@pytest.mark.parametrize("which", ["", "x", "-1", "9" * 30, "٣"])
def test_what_is_no_session_ends_none(which: str) -> None:
    here = signed_in()
    assert here.post("/account", {"end": which}).status_code in (400, 404)
    assert is_let_in(here)


def test_all_of_a_persons_sessions_end_at_once_and_nobody_elses(cast: Cast) -> None:
    browsers = [signed_in(), signed_in()]
    ben = signed_in("ben@bravo.example")
    assert len(sessions_of(cast.ada)) == 2
    assert end_sessions_of(cast.ada) == 2
    assert not any(map(is_let_in, browsers))
    assert is_let_in(ben)
    assert sessions_of(cast.ada) == []


def test_an_ended_session_does_not_come_back_by_a_request_that_was_under_way(cast: Cast) -> None:
    signed_in()
    key = Session.objects.get().session_key
    under_way = SessionStore(key)
    assert under_way["_auth_user_id"]
    end_sessions_of(cast.ada)
    Session.objects.filter(session_key=key).update(expire_date=under_way.get_expiry_date())
    assert not Session.objects.exists()


def test_a_disabled_person_is_let_in_no_more(cast: Cast) -> None:
    ada = signed_in()
    User.objects.filter(pk=cast.ada.pk).update(is_active=False)
    try:
        assert not is_let_in(ada)
        again = {"username": "ada@alpha.example", "password": PASSWORD}
        page = page_of(Browsing.of_nobody().post("/sign-in", again), "/sign-in")
        assert page.all(".govuk-error-summary a") == ["Email address or password is incorrect"]
    finally:
        User.objects.filter(pk=cast.ada.pk).update(is_active=True)


def test_an_operators_new_password_ends_all_sessions(cast: Cast) -> None:
    ada = signed_in()
    set_password(cast.ada, "seven wet otters")
    try:
        assert not is_let_in(ada)
    finally:
        set_password(cast.ada, PASSWORD)


def test_signing_in_and_out_is_on_record(cast: Cast) -> None:
    ada = signed_in()
    assert acts_of("signed_in")[-1] == (
        "ada@alpha.example", "Alpha Energy", "ada@alpha.example", "password, from 127.0.0.1",
    )  # fmt: skip
    ada.post("/sign-out", {})
    assert acts_of("signed_out")[-1][0] == "ada@alpha.example"


def test_a_failure_is_on_record_and_what_a_stranger_typed_is_not(anybody: Browsing) -> None:
    anybody.post("/sign-in", {"username": "Ada@alpha.example", "password": "guess"})
    anybody.post("/sign-in", {"username": "my.secret@password.example", "password": "guess"})
    known, unknown = acts_of("sign_in_failed")[-2:]
    assert known[:3] == ("ada@alpha.example", "Alpha Energy", "ada@alpha.example")
    assert list(unknown) == ["nobody known", None, "nobody known", "password, from 127.0.0.1"]
