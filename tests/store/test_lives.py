"""What goes when its time is over, and what stays however old it is: each kind in its own world.

The times are told from today's month, as the prune itself tells them, but reckoned here apart.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from firmtrack.answers.pruning import PruneReport, What
from firmtrack.domain.viewer import Viewer
from firmtrack.store.acts import Act, ActKind, record_act
from firmtrack.store.audit import record_lookup
from firmtrack.store.database import held, pool
from firmtrack.store.known_from import Kind, known_from
from firmtrack.store.locks import AdvisoryKey
from firmtrack.store.months import LOOKUPS, make_months, months_of
from firmtrack.store.retention.pruning import Lives, PruneRuns, prune

pytestmark = pytest.mark.usefixtures("own_database")

ROOT = Path(__file__).parents[2]
ADA = Viewer.of_user_ids("Ada of Alpha", [], party="Alpha")
LIVES = Lives(facts=13, bodies=13, lookups=3, notices=4, quarantine=5)


def month(months_ago: int, day: int = 1) -> datetime:
    """Return a day of the month that was so many months ago, at its first moment in UTC."""
    at = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months_ago):
        at = (at - timedelta(days=1)).replace(day=1)
    return at.replace(day=day)


def executed(query: str, given: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
    with pool().connection() as connection:
        cursor = connection.execute(query.encode(), given)
        return cursor.fetchall() if cursor.description else []


def everything() -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    with pool().connection() as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' ORDER BY relname"
        ).fetchall()
        return {
            name: connection.execute(
                sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(sql.Identifier(name))
            ).fetchall()
            for (name,) in names
        }


def pruned(lives: Lives = LIVES) -> PruneReport:
    return prune(lives, is_rehearsal=False)


def went(report: PruneReport) -> dict[What, int]:
    return {each.what: each.rows for each in report.ended if each.rows}


def add_lookup(at: datetime, term: str) -> None:
    executed(
        "INSERT INTO lookup_audit (looked_up_at, viewer, kind, term, row_count, party)"
        " VALUES (%s, 'Ada of Alpha', 'device', %s, 1, 'Alpha')",
        (at, term),
    )


def add_act(at: datetime, subject: str) -> None:
    executed(
        "INSERT INTO act (acted_at, actor, party, kind, subject, detail)"
        " VALUES (%s, 'Ada of Alpha', 'Alpha', 'signed_in', %s, '')",
        (at, subject),
    )


def fill_records() -> None:
    """Add a look-up and an act at both ends of each of the last twenty months."""
    for ago in range(20):
        for name, at in (("first", month(ago)), ("last", month(ago, 28))):
            add_lookup(at, f"{ago} {name}")
            add_act(at, f"{ago} {name}")


def terms() -> set[str]:
    return {term for (term,) in executed("SELECT term FROM lookup_audit")}


def subjects() -> set[str]:
    return {subject for (subject,) in executed("SELECT subject FROM act")}


def test_of_look_ups_and_acts_all_whole_months_that_are_too_old_go_and_nothing_else() -> None:
    fill_records()
    kept = {f"{ago} {name}" for ago in range(4) for name in ("first", "last")}

    report = pruned()

    assert (terms(), subjects()) == (kept, kept)
    assert went(report) == {What.LOOKUPS: 32, What.ACTS: 32}
    (lookups,) = [each for each in report.ended if each.what is What.LOOKUPS]
    # In an own table stood the months since the store was made; what is older stood beside them.
    assert lookups.months == tuple(month(ago) for ago in range(13, 3, -1))
    assert lookups.kept_from == month(3)
    assert known_from(Kind.LOOKUPS) == known_from(Kind.ACTS) == month(3)
    with pool().connection() as connection:
        assert months_of(connection, LOOKUPS)[0].begins_at == month(3)
        assert make_months(connection)


def test_what_is_recorded_afterwards_of_a_time_that_went_has_a_place() -> None:
    fill_records()
    pruned()

    add_lookup(month(9), "late")
    add_act(month(9), "late")

    assert "late" in terms() & subjects()
    assert went(pruned()) == {What.LOOKUPS: 1, What.ACTS: 1}
    assert "late" not in terms() | subjects()


def test_a_rehearsal_says_what_a_prune_does_and_changes_nothing() -> None:
    fill_records()
    fill_notices()
    fill_quarantine()
    fill_leftovers()
    before = everything()

    rehearsed = prune(LIVES, is_rehearsal=True)

    assert everything() == before
    assert rehearsed.is_rehearsal
    assert went(rehearsed) == went(pruned())


def test_a_second_prune_does_nothing() -> None:
    fill_records()
    fill_notices()
    fill_quarantine()
    fill_leftovers()
    pruned()
    before = everything()

    again = pruned()

    assert again.is_empty
    assert (again.octets, went(again)) == (0, {})
    assert everything() == before


def test_of_a_young_store_nothing_goes_and_nothing_is_said_of_it() -> None:
    add_lookup(month(1), "young")
    before = everything()

    assert pruned().is_empty
    assert everything() == before
    assert [known_from(kind) for kind in Kind] == [None] * len(Kind)


def test_one_prune_runs_at_a_time() -> None:
    fill_records()
    with held(AdvisoryKey.PRUNING), pytest.raises(PruneRuns):
        pruned()
    assert len(terms()) == 40


def test_look_ups_are_audited_and_the_audit_is_read_while_months_go() -> None:
    fill_records()
    is_over = Event()
    failed: list[Exception] = []
    counted: list[int] = []

    def look_up() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            try:
                record_lookup(ADA, "device", f"meanwhile {number}", 1)
                with pool().connection() as connection:
                    record_act(
                        connection,
                        Act(
                            actor="Ada", party="Alpha", kind=ActKind.SIGNED_IN, subject="meanwhile"
                        ),
                    )
                    found = connection.execute("SELECT count(*) FROM lookup_audit").fetchone()
                counted.append(0 if found is None else found[0])
            except Exception as error:  # noqa: BLE001  # the test is that there is none
                failed.append(error)

    readers = [Thread(target=look_up) for _ in range(3)]
    for each in readers:
        each.start()
    try:
        report = pruned()
    finally:
        is_over.set()
        for each in readers:
            each.join()

    assert failed == []
    assert counted
    assert went(report) == {What.LOOKUPS: 32, What.ACTS: 32}
    assert len({term for term in terms() if term.startswith("meanwhile")}) > 0


def test_months_wait_for_whoever_reads_them_and_hold_nobody_up_meanwhile() -> None:
    fill_records()
    done = Event()

    def prune_then() -> None:
        pruned()
        done.set()

    with pool().connection() as reader:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM lookup_audit")
            other = Thread(target=prune_then)
            other.start()
            try:
                # Others look up and are audited as long as this one reads.
                for number in range(20):
                    record_lookup(ADA, "device", f"beside {number}", 1)
                assert not done.is_set()
                assert len(terms()) == 60
            finally:
                reader.execute("SELECT 1")
        other.join()
    assert done.is_set()
    assert len(terms()) == 28


# Notices.


def party() -> int:
    found = executed("SELECT id FROM accounts_party WHERE name = 'Alpha'")
    if not found:
        found = executed(
            "INSERT INTO accounts_party (name, kind, requires_totp)"
            " VALUES ('Alpha', 'large_supplier', false) RETURNING id"
        )
    return int(found[0][0])


def add_endpoint(removed_at: datetime | None = None) -> int:
    ((endpoint_id,),) = executed(
        "INSERT INTO notice_endpoint (party_id, channel, address, topics, removed_at)"
        " VALUES (%s, 'email', 'ada@alpha.example', '{}', %s) RETURNING endpoint_id",
        (party(), removed_at),
    )
    return int(endpoint_id)


def add_incident(opened_at: datetime, ended_at: datetime | None, into: UUID | None = None) -> UUID:
    incident_id = uuid4()
    executed(
        "INSERT INTO party_incident (incident_id, party_id, is_own, topic, status, reason,"
        " opened_at, last_at, ended_at, merged_into)"
        " VALUES (%s, %s, true, 'failed', 'verification_failed', %s, %s, %s, %s, %s)",
        (incident_id, party(), str(incident_id), opened_at, opened_at, ended_at, into),
    )
    return incident_id


def add_notice(
    endpoint_id: int,
    reason: str,
    at: datetime,
    state: str = "delivered",
    incident_id: UUID | None = None,
) -> UUID:
    notice_id = uuid4()
    executed(
        "INSERT INTO notice (notice_id, endpoint_id, topic, reason, device_count, body, created_at,"
        " waits_since, state, settled_at, incident_id)"
        " VALUES (%s, %s, 'failed', %s, 1, 'told', %s, %s, %s, %s, %s)",
        (notice_id, endpoint_id, reason, at, at, state, None if state == "waiting" else at,
         incident_id),
    )  # fmt: skip
    for number in range(2):
        executed(
            "INSERT INTO notice_try (notice_id, started_at, milliseconds) VALUES (%s, %s, 5)",
            (notice_id, at + timedelta(minutes=number)),
        )
    return notice_id


NOTICES_KEPT = {"young", "edge", "waits", "goes on", "merged into what goes on"}


def fill_notices() -> None:
    """Add notices of which those of NOTICES_KEPT stay."""
    old, edge, young = month(5, 28), month(4), month(1)
    endpoint_id = add_endpoint()
    add_endpoint(removed_at=old)
    in_use = add_endpoint(removed_at=old)
    add_notice(in_use, "young", young)
    add_notice(endpoint_id, "edge", edge)
    add_notice(endpoint_id, "old", old)
    add_notice(endpoint_id, "old and dead", old, "dead")
    add_notice(endpoint_id, "waits", old, "waiting")
    going_on = add_incident(old, None)
    merged = add_incident(old, old, into=going_on)
    add_notice(endpoint_id, "goes on", old, incident_id=going_on)
    add_notice(endpoint_id, "merged into what goes on", old, incident_id=merged)
    ended = add_incident(old, old)
    add_incident(old, old, into=ended)
    add_notice(endpoint_id, "of what ended", old, incident_id=ended)
    add_incident(old, young)
    for at, user_id in ((old, 7), (young, 7)):
        executed(
            "INSERT INTO status_change (user_id, is_own, topic, recorded_at)"
            " VALUES (%s, true, 'failed', %s)",
            (user_id, at),
        )


def test_settled_notices_go_with_their_tries_and_what_waits_or_goes_on_stays() -> None:
    fill_notices()

    report = pruned()

    assert {reason for (reason,) in executed("SELECT reason FROM notice")} == NOTICES_KEPT
    ((tries,),) = executed("SELECT count(*) FROM notice_try")
    assert tries == 2 * len(NOTICES_KEPT)
    assert went(report) == {
        What.NOTICES: 3, What.TRIES: 6, What.INCIDENTS: 2, What.ENDPOINTS: 1, What.CHANGES: 1
    }  # fmt: skip
    (notices,) = [each for each in report.ended if each.what is What.NOTICES]
    assert notices.stays == 3
    assert known_from(Kind.NOTICES) == month(4)


def test_the_last_notice_of_a_watch_stays_as_long_as_the_watch() -> None:
    endpoint_id = add_endpoint()
    notice_id = add_notice(endpoint_id, "told", month(8))
    ((person,),) = executed(
        "INSERT INTO accounts_user (password, email, is_active, party_id, role, added_at)"
        " VALUES ('', 'ada@alpha.example', true, %s, 'viewer', now()) RETURNING id",
        (party(),),
    )
    executed(
        "INSERT INTO watch (person_id, party_id, device_id, endpoint_id, told, due_at, notice_id)"
        " VALUES (%s, %s, 1, %s, '{}', now(), %s)",
        (person, party(), endpoint_id, notice_id),
    )

    assert went(pruned()) == {}

    executed("UPDATE watch SET ended_at = now()")
    assert went(pruned()) == {What.NOTICES: 1, What.TRIES: 2}


# Quarantine.


def fill_quarantine() -> None:
    """Add inputs of which those are old that were settled six months ago."""
    old, young = month(6, 28), month(5)
    for number, (recorded_at, replayed_at) in enumerate(
        [(old, None), (old, old), (old, young), (young, None), (young, young)]
    ):
        executed(
            "INSERT INTO quarantine (identity, body, is_whole, media_type, recorded_at, origin,"
            " submitter, reason_code, reason, replayed_at)"
            " VALUES (%s, '', true, 'text/xml', %s, 'a test', 'Alpha', 'not_xml', '', %s)",
            (b"%d" % number, recorded_at, replayed_at),
        )
    for number, at in enumerate([old, young]):
        executed(
            "INSERT INTO quarantine_discarded (quarantine_id, identity, body_bytes, reason_code,"
            " origin, submitter, recorded_at, times_received, discarded_at, discarded_by, because)"
            " VALUES (%s, 'x', 3, 'not_xml', 'a test', 'Alpha', %s, 1, %s, 'operator', 'a test')",
            (100 + number, at, at),
        )


def test_settled_quarantine_goes_and_what_waits_never() -> None:
    fill_quarantine()

    report = pruned()

    assert went(report) == {What.REPLAYED: 1, What.DISCARDED: 1}
    left = executed("SELECT identity FROM quarantine ORDER BY identity")
    assert [bytes(identity) for (identity,) in left] == [b"0", b"2", b"3", b"4"]
    (replayed,) = [each for each in report.ended if each.what is What.REPLAYED]
    assert replayed.stays == 1
    assert known_from(Kind.QUARANTINE) == month(5)


# What is of no use once its time is over.


def fill_leftovers() -> None:
    """Add sessions, attempts to sign in, and what was of updates and messages that are gone."""
    now = datetime.now(UTC)
    for key, ends_at in (("over", now - timedelta(days=1)), ("on", now + timedelta(days=1))):
        executed(
            "INSERT INTO django_session (session_key, session_data, expire_date)"
            " VALUES (%s, '', %s)",
            (key, ends_at),
        )
    for at in (now - timedelta(days=3), now):
        executed(
            "INSERT INTO web_signinattempt (account, address, tried_at, browser)"
            " VALUES ('ada', '10.0.0.7', %s, '')",
            (at,),
        )
    for at in (month(14), month(1)):
        executed(
            "INSERT INTO withdrawn_again (message_id, recorded_at, submitter) VALUES (%s, %s, 'A')",
            (uuid4(), at),
        )
    for device_id, at in ((1, month(14)), (2, month(1))):
        executed(
            "INSERT INTO stalled_distribution (device_id, request_key, stage, found_at)"
            " VALUES (%s, 1, 4, %s)",
            (device_id, at),
        )


def test_what_is_of_no_use_any_more_goes_with_the_rest() -> None:
    fill_leftovers()

    assert went(pruned()) == {
        What.CAME_AGAIN: 1, What.STALLS: 1, What.SESSIONS: 1, What.ATTEMPTS: 1
    }  # fmt: skip
    assert executed("SELECT session_key FROM django_session") == [("on",)]


class Killed(BaseException):
    """The prune ends here, whatever it was at."""


def test_a_prune_that_is_killed_at_any_moment_is_finished_by_the_next() -> None:
    def fill() -> None:
        fill_records()
        fill_notices()
        fill_quarantine()
        fill_leftovers()

    def die_at(moment: int) -> Callable[[What, float], None]:
        left = iter(range(moment))

        def told(_what: What, _share: float) -> None:
            if next(left, None) is None:
                raise Killed

        return told

    fill()
    moment, has_ended = 0, False
    while not has_ended:
        try:
            prune(LIVES, is_rehearsal=False, tell=die_at(moment))
            has_ended = True
        except Killed:
            # Of whatever is gone it is said that it is.
            assert len(terms()) == 40 or known_from(Kind.LOOKUPS) == month(3)
            assert len(subjects()) == 40 or known_from(Kind.ACTS) == month(3)
            ((notices,),) = executed("SELECT count(*) FROM notice")
            assert notices == 8 or known_from(Kind.NOTICES) == month(4)
            moment += 1
    assert moment > 3
    assert pruned().is_empty
    assert {reason for (reason,) in executed("SELECT reason FROM notice")} == NOTICES_KEPT
    assert len(terms()) == len(subjects()) == 8


def test_what_ends_the_rows_of_every_table_is_written_down() -> None:
    page = (ROOT / "docs/decisions/051-lives.md").read_text(encoding="utf-8")
    listed = [
        name
        for line in page.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    ]
    tables = executed(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    )

    assert len(set(listed)) == len(listed)
    assert {name for (name,) in tables} - set(listed) == set()
