"""Pages, the API and a portal beside a real standby: behind, gone, back, and no standby at all."""

import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party, party_named
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status, Variant
from firmtrack.presentation.times import utc_text
from firmtrack.store import replica
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.standby import Standby, Standing
from firmtrack.web.read_from import COOKIE
from tests.api.calling import Answer, Caller
from tests.databases import used
from tests.journeys import own_postgres
from tests.journeys.addresses import CALLS, PAGES
from tests.journeys.own_postgres import OwnPostgres, conninfo_at, running
from tests.journeys.processes import called, ended, firmtrack, free_port, listens, on, wait_until
from tests.journeys.replicas import (
    follow_nobody,
    held_up,
    in_use,
    looked_at_once,
    paused,
    wait_until_looked_at,
)
from tests.journeys.test_crashes import stage_report
from tests.journeys.test_database_away import Portal, assert_says_that_the_database_is_away
from tests.pages import world
from tests.pages.messages import ALPHA_ID, BROKER, delivered, event_message, request
from tests.pages.test_notices_endpoints import NEW
from tests.pages.world import LARGE_REQUEST, UNDER_WAY, VERIFIED

_DEVICE = f"/devices/{UNDER_WAY}"
_LATEST = {"Prefer": "read=latest"}
_MORE_PAGES = (
    f"/devices/{UNDER_WAY}/status",
    f"/devices/{VERIFIED}/events?service_request_id={LARGE_REQUEST}",
    f"/service-requests/{LARGE_REQUEST}/status",
    f"/service-requests/{LARGE_REQUEST}.xlsx",
    f"/service-requests/{LARGE_REQUEST}?pace=slow",
    "/watching",
)
_MORE_CALLS = (
    f"/devices/{VERIFIED}/peers",
    f"/service-requests/{LARGE_REQUEST}/distributions.xlsx",
    "/service-requests",
    "/causes",
    "/endpoints",
)


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    directory = tmp_path_factory.mktemp("primary") / "postgresql"
    with own_postgres.migrated(directory, has_world=True) as server:
        yield server


@pytest.fixture(scope="module")
def second(primary: OwnPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    with own_postgres.standby(primary, tmp_path_factory.mktemp("second") / "postgresql") as server:
        yield server


@pytest.fixture
def standby(primary: OwnPostgres, second: OwnPostgres) -> Iterator[Standby]:
    """The replica, in use, with all that the primary has."""
    following = in_use(second.port, look_seconds=0.05, most_lag_seconds=600)
    with used(conninfo_at(primary.port)), following as standby:
        yield standby


@pytest.fixture
def token(standby: Standby) -> str:
    del standby
    return create_token(party_named("Alpha Energy"), TokenScope.READ, created_at=datetime.now(UTC))


def signed_in(email: str = "ada@alpha.example") -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email))
    return client


def is_caught_up(standby: Standby) -> None:
    floor = replica.primary_position()
    wait_until(lambda: standby.is_usable(floor, datetime.now(UTC) - timedelta(days=1)), "it has it")


def tell_news() -> str:
    """Record that one more word came of the device that is under way; return its message's ID."""
    record(Batch(messages=(delivered(UNDER_WAY, datetime.now(UTC), LARGE_REQUEST),)))
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT message_id FROM message ORDER BY recorded_at DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


def names(answer: Answer, message_id: str) -> bool:
    return message_id in answer.body.decode()


def test_every_page_and_call_is_answered_from_the_replica_and_audited_on_the_primary(
    standby: Standby, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    client, caller = signed_in(), Caller()
    is_caught_up(standby)

    with caplog.at_level(logging.WARNING), pool().connection() as connection:
        before = connection.execute("SELECT count(*) FROM lookup_audit").fetchone()
        for page in PAGES + _MORE_PAGES:
            answer = client.get(page)
            assert answer.status_code == 200
            assert b"".join(answer) if answer.streaming else answer.content
            assert COOKIE not in answer.cookies, f"{page} was read on the primary"
        for call in (*(each.removeprefix("/api/v1") for each in CALLS), *_MORE_CALLS):
            assert caller.get(call, token).status == 200, call
        after = connection.execute("SELECT count(*) FROM lookup_audit").fetchone()

    assert caplog.messages == []
    assert before is not None
    assert after is not None
    assert after[0] - before[0] >= len(PAGES + CALLS) - 3  # form, guidance and freshness are none


def test_who_has_written_reads_it_at_once_and_everybody_else_reads_on(
    standby: Standby, second: OwnPostgres
) -> None:
    ada, other = signed_in(), signed_in()
    with paused(second):
        made = ada.post("/notices/endpoints/new", NEW)
        place = made.headers["Location"]
        assert COOKIE in made.cookies

        assert ada.get(place).status_code == 200
        assert other.get(place).status_code == 404

    is_caught_up(standby)
    answer = ada.get(place)
    assert answer.status_code == 200
    assert COOKIE not in answer.cookies, "the replica has it by now"
    assert other.get(place).status_code == 200


def test_what_was_seen_once_on_the_primary_is_never_gone_again(
    primary: OwnPostgres, second: OwnPostgres
) -> None:
    with used(conninfo_at(primary.port)), looked_at_once(second.port) as standby:
        ada, other = signed_in(), signed_in()
        is_caught_up(standby)
        with paused(second):
            message_id = tell_news()
            standby.standing = Standing.CATCHING_UP  # as one process may find, and not the next
            seen = ada.get(_DEVICE)
            assert message_id in seen.content.decode()
            assert COOKIE in seen.cookies
            standby.standing = Standing.IN_USE

            for page in (_DEVICE, f"{_DEVICE}/status"):
                again = ada.get(page)
                assert message_id in again.content.decode()
                assert COOKIE in again.cookies
            assert message_id not in other.get(_DEVICE).content.decode()
        is_caught_up(standby)
        again = ada.get(_DEVICE)
        assert message_id in again.content.decode()
        assert COOKIE not in again.cookies, "the replica has it by now"


def test_a_cookie_tells_nobody_how_much_is_written_and_one_of_somebody_elses_making_nothing(
    standby: Standby, second: OwnPostgres
) -> None:
    ada = signed_in()
    made = ada.post("/notices/endpoints/new", NEW)
    cookie = made.cookies[COOKIE]
    assert str(replica.primary_position())[:4] not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "")
    is_caught_up(standby)
    with paused(second):
        tell_news()
        for forged in ("", "0", "9" * 30, cookie.value[:-2]):
            ada.cookies.load({COOKIE: forged})
            answer = ada.get(_DEVICE)
            assert answer.status_code == 200
            assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    "said",
    ["read=latest", 'Read = "latest"', "respond-async, read=latest", "wait=5;x=y, read=latest;z"],
)
def test_a_call_that_prefers_the_latest_is_answered_by_the_primary_and_told_so(
    standby: Standby, token: str, second: OwnPostgres, said: str
) -> None:
    caller = Caller()
    is_caught_up(standby)
    with paused(second):
        message_id = tell_news()

        usual = caller.get(_DEVICE, token)
        latest = caller.call("GET", _DEVICE, token, headers={"Prefer": said})
        held = {**_LATEST, "If-None-Match": latest.headers["ETag"]}
        unchanged = caller.call("GET", _DEVICE, token, headers=held)

    assert not names(usual, message_id)
    assert "Preference-Applied" not in usual.headers
    assert "Prefer" in usual.headers["Vary"]
    assert names(latest, message_id)
    assert latest.headers["Preference-Applied"] == "read=latest"
    assert (unchanged.status, unchanged.headers["Preference-Applied"]) == (304, "read=latest")


@pytest.mark.parametrize("said", ["read=oldest", "latest", "read", "unread=latest", ""])
def test_any_other_preference_is_passed_over(
    standby: Standby, token: str, second: OwnPostgres, said: str
) -> None:
    is_caught_up(standby)
    with paused(second):
        message_id = tell_news()

        answer = Caller().call("GET", _DEVICE, token, headers={"Prefer": said})

    assert not names(answer, message_id)
    assert "Preference-Applied" not in answer.headers


def test_how_far_behind_is_part_of_how_fresh(
    standby: Standby, token: str, second: OwnPostgres
) -> None:
    caller, ada = Caller(), signed_in()
    is_caught_up(standby)
    began_at = time.monotonic()
    wait_until_looked_at(standby)

    lag = caller.get("/freshness", token).json["replica_lag_seconds"]
    assert 1 <= lag <= ceil(time.monotonic() - began_at)
    page = ada.get(_DEVICE).content.decode()
    assert "Read on a replica: what was recorded in the last" in page
    latest = caller.call("GET", "/freshness", token, headers=_LATEST)
    assert latest.json["replica_lag_seconds"] is None
    there = caller.get("/freshness", token)
    assert there.json["complete_to"] == latest.json["complete_to"], "nothing is written"
    with paused(second):
        tell_news()
        wait_until(
            lambda: caller.get("/freshness", token).json["replica_lag_seconds"] > 2, "it is behind"
        )


@pytest.mark.parametrize("path", [_DEVICE, f"/service-requests/{LARGE_REQUEST}"])
def test_a_text_for_a_ticket_says_up_to_when_the_replica_knew_all_and_its_link_shows_that(
    primary: OwnPostgres, second: OwnPostgres, path: str
) -> None:
    with used(conninfo_at(primary.port)), looked_at_once(second.port):
        ada = signed_in()
        with paused(second):
            told_at = datetime.now(UTC)
            message_id = tell_news()

            page = ada.get(path)
            assert COOKIE not in page.cookies, "it was read on the replica"
            said = re.findall(r"As known to Firmtrack at (\S+Z):", page.content.decode())
            shown = ada.get(_DEVICE, {"as_of": said[0]}).content.decode()

    assert max(datetime.fromisoformat(each) for each in said) < told_at
    assert f"/devices/{UNDER_WAY}" in shown
    assert message_id not in shown


def test_a_past_that_the_replica_does_not_know_whole_is_told_by_the_primary(
    standby: Standby, token: str, second: OwnPostgres
) -> None:
    is_caught_up(standby)
    with paused(second):
        message_id = tell_news()
        answer = Caller().get(_DEVICE, token, as_of=utc_text(datetime.now(UTC)))

    assert names(answer, message_id)
    assert "Firmtrack-As-Of" in answer.headers


def test_a_page_of_events_goes_on_where_the_primary_left_off(
    standby: Standby, token: str, second: OwnPostgres
) -> None:
    caller, asked = Caller(), {"service_request_id": str(LARGE_REQUEST), "limit": "1"}
    device = world.DEVICES[30]
    refused = event_message(
        MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT,
        "8F1C",
        device,
        Status.VERIFICATION_FAILED,
        datetime.now(UTC),
        LARGE_REQUEST,
        reason="8F1C",
    )
    is_caught_up(standby)
    with paused(second):
        record(Batch(messages=(refused,)))
        events = f"/devices/{device}/events"
        first = caller.call("GET", events, token, query=asked, headers=_LATEST).json
        assert [each["status"] for each in first["items"]] == ["verification_failed"]
        assert caller.get(events, token, **asked).json["items"] != first["items"]

        second_page = caller.get(events, token, **asked, cursor=first["next_cursor"])

    assert second_page.status == 200
    assert second_page.json["items"]


def test_what_became_of_a_message_is_known_as_soon_as_it_is_answered(
    standby: Standby, token: str, second: OwnPostgres
) -> None:
    dcc = add_party("A system of DCC's", PartyKind.DCC, [])
    now = datetime.now(UTC)
    posting = create_token(dcc, TokenScope.INTAKE, created_at=now)
    reading = create_token(dcc, TokenScope.READ, created_at=now)
    caller = Caller()
    is_caught_up(standby)
    with paused(second):
        for outcome in ("recorded", "duplicate"):
            posted = caller.post("/messages", posting, stage_report(77), "application/json")
            assert posted.json["outcome"] == outcome
        message_id = posted.json["message_id"]

        status = caller.get(f"/messages/{message_id}/status", posting)
        message = caller.get(f"/messages/{message_id}", reading)

    del token
    assert status.json["outcome"] == "recorded"
    assert message.status == 200


def test_what_is_asked_on_the_command_line_is_read_on_the_primary(
    second: OwnPostgres, primary: OwnPostgres, tmp_path: Path
) -> None:
    with paused(second):
        with used(conninfo_at(primary.port)):
            message_id = tell_news()
        env = with_replica(primary, second, tmp_path)

        assert message_id in called("find", "device", UNDER_WAY, "--json", env=env).stdout


def with_replica(primary: OwnPostgres, second: OwnPostgres, directory: Path) -> dict[str, str]:
    there = on(conninfo_at(second.port), directory)["DATABASE_URL"]
    return {**on(conninfo_at(primary.port), directory), "DATABASE_REPLICA_URL": there}


@contextmanager
def portal_of(primary: OwnPostgres, second: OwnPostgres, directory: Path) -> Iterator[Portal]:
    with used(conninfo_at(primary.port)):
        session = signed_in().cookies["sessionid"].value
        now = datetime.now(UTC)
        reading = create_token(party_named("Alpha Energy"), TokenScope.READ, created_at=now)
    port = free_port()
    process = firmtrack(
        "serve", "--port", port, "--workers", 1, env=with_replica(primary, second, directory)
    )
    try:
        wait_until(lambda: listens(port), "the portal answers")
        yield Portal(port, session, reading, reading)
    finally:
        process.terminate()
        status, _, errors = ended(process)
        print(errors)  # of a test that fails
        assert status == 0
        assert "Traceback" not in errors


def standing(portal: Portal) -> str:
    return str(json.loads(portal.get("/readyz").body)["replica"]["code"])


def lag_told(portal: Portal) -> object:
    return json.loads(portal.get("/api/v1/freshness").body)["replica_lag_seconds"]


def all_statuses(portal: Portal) -> set[int]:
    return {answer.status for answer in portal.get_all((*PAGES, *CALLS) * 2)}


def test_a_portal_answers_without_its_replica_and_says_which_server_is_gone(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    with (
        own_postgres.standby(primary, tmp_path / "third") as third,
        portal_of(primary, third, tmp_path) as portal,
    ):
        wait_until(lambda: standing(portal) == "in_use", "the replica is in use")
        assert all_statuses(portal) == {200}
        assert lag_told(portal) is not None
        metrics = portal.get("/metrics").body.decode()
        assert "firmtrack_replica_in_use 1.0" in metrics
        assert "firmtrack_replica_lag_seconds" in metrics
        assert "firmtrack_replica_lag_bytes" in metrics
        assert 'firmtrack_pool_connections{pool="firmtrack replica"}' in metrics

        third.stop()
        assert all_statuses(portal) == {200}
        wait_until(lambda: standing(portal) == "away", "it is told")
        assert portal.get("/readyz").status == 200
        assert lag_told(portal) is None
        assert "firmtrack_replica_in_use 0.0" in portal.get("/metrics").body.decode()
        third.start()
        wait_until(lambda: standing(portal) == "in_use", "it is used again")

        third.freeze()
        try:
            assert all_statuses(portal) == {200}
            wait_until(lambda: standing(portal) == "away", "it is told")
        finally:
            third.thaw()
        wait_until(lambda: standing(portal) == "in_use", "it is used again")

        primary.stop()
        try:
            wait_until(lambda: portal.get("/readyz").status == 503, "it is told")
            for answer in portal.get_all((*PAGES, *CALLS)):
                assert_says_that_the_database_is_away(answer)
            told = json.loads(portal.get("/readyz").body)
            assert [each["code"] for each in told["problems"]] == ["database_away"]
            assert told["replica"]["code"] == "in_use"
            third.stop()
            wait_until(lambda: standing(portal) == "away", "both are told")
            assert portal.get("/healthz").status == 200
            assert portal.get(CALLS[0]).status == 503
        finally:
            primary.start()
        wait_until(lambda: all_statuses(portal) == {200}, "all is answered again")
        third.start()
        wait_until(lambda: standing(portal) == "in_use", "it is used again")
        assert all_statuses(portal) == {200}

        with psycopg.connect(conninfo_at(third.port), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        wait_until(lambda: standing(portal) == "no_standby", "it is told")
        assert all_statuses(portal) == {200}
        assert lag_told(portal) is None


def test_a_replica_that_is_too_far_behind_is_told_and_not_read(
    primary: OwnPostgres, second: OwnPostgres, tmp_path: Path
) -> None:
    with portal_of(primary, second, tmp_path) as portal:
        wait_until(lambda: standing(portal) == "in_use", "the replica is in use")
        with paused(second):
            portal.get(CALLS[0])  # which writes an audit
            wait_until(lambda: standing(portal) == "behind", "it is told")
            assert portal.get("/readyz").status == 200
            assert lag_told(portal) is None
        wait_until(lambda: standing(portal) == "in_use", "it is used again")
        assert lag_told(portal) is not None


def test_a_portal_starts_without_its_replica_and_reads_there_as_soon_as_it_answers(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    with own_postgres.standby(primary, tmp_path / "third") as third:
        third.stop()
        with portal_of(primary, third, tmp_path) as portal:
            wait_until(lambda: standing(portal) == "away", "it is told")
            assert all_statuses(portal) == {200}
            third.start()
            wait_until(lambda: standing(portal) == "in_use", "it is used")
            assert lag_told(portal) is not None


def test_a_portal_does_not_start_with_a_replica_of_something_else(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    with running(tmp_path / "other") as other:
        for wrong, said in (
            (other, "is another database's server"),
            (primary, "takes writes: it is no standby"),
        ):
            env = with_replica(primary, wrong, tmp_path)
            status, _, errors = ended(firmtrack("serve", "--port", free_port(), env=env))
            assert status == 1
            assert f"DATABASE_REPLICA_URL: {said}" in errors
            assert "Traceback" not in errors


def test_the_doctor_says_how_the_replica_is(
    primary: OwnPostgres, second: OwnPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(there: OwnPostgres) -> str:
        env = with_replica(primary, there, tmp_path)
        told = json.loads(called("doctor", "--json", env=env).stdout)["checks"]
        (each,) = [each for each in told if each["name"] == "replica"]
        return f"{each['level']}: {each['sentence']}"

    assert found(second).startswith("ok: The replica had all that is recorded within ")
    assert found(primary).startswith("fail: DATABASE_REPLICA_URL: takes writes")
    with paused(second):
        with used(conninfo_at(primary.port)):
            tell_news()
        assert found(second).endswith("did not catch up within 10 seconds: its replay is paused.")
    with running(tmp_path / "gone") as gone:
        gone.stop()
        assert found(gone).startswith("warn: The replica cannot be asked: ")
    with own_postgres.standby(primary, tmp_path / "third") as third:
        monkeypatch.setattr("firmtrack.watching.doctor.replica.MOST_LAG_SECONDS", 2)
        with held_up(third):
            with used(conninfo_at(primary.port)):
                tell_news()
            assert found(third).endswith("seconds: it has received them, and not replayed them.")
        follow_nobody(third)
        with used(conninfo_at(primary.port)):
            tell_news()
        assert found(third).endswith("did not catch up within 2 seconds: it lacks some of them.")
        third.stop()
        third.start()
        assert found(third).endswith("nothing was streamed to it.")


def test_a_replica_that_was_away_is_sent_all_that_was_written_meanwhile(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    with own_postgres.standby(primary, tmp_path / "third") as third:
        third.stop()
        with psycopg.connect(conninfo_at(primary.port), autocommit=True) as connection:
            for _ in range(3):  # with a checkpoint it removes the files of the log that it may
                connection.execute("SELECT pg_switch_wal()")
                connection.execute("CHECKPOINT")
        third.start()
        with used(conninfo_at(primary.port)), in_use(third.port, most_lag_seconds=600) as standby:
            is_caught_up(standby)


def test_who_reads_to_write_never_reads_on_the_replica(
    standby: Standby, second: OwnPostgres
) -> None:
    """Nobody watches what has ended: whether it has is read where that is known."""
    ada, device = signed_in(), Eui64(0x00DB123456780F00)
    began_at = datetime.now(UTC) - timedelta(minutes=5)
    made = ada.post("/notices/endpoints/new", NEW).headers["Location"].rpartition("/")[2]
    request_id = RequestId(ALPHA_ID, BROKER, 7_700)
    record(Batch(messages=(request(request_id, Variant.UPDATE_FIRMWARE, [device], began_at),)))
    is_caught_up(standby)
    watch = {"watch": "device", "of": str(device), "by": made}
    with paused(second):
        ended_by = event_message(
            MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT,
            "8F72",
            device,
            Status.VERIFIED,
            datetime.now(UTC),
            request_id,
        )
        record(Batch(messages=(ended_by,)))

        ada.post("/watching", watch)

        with pool().connection() as connection:
            assert connection.execute("SELECT FROM watch").rowcount == 0
