"""What messages said goes before what was read of them: every answer stays as it was."""

from datetime import datetime
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.pruning import Ended, What
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.receive import Submitter
from firmtrack.intake.rereading import reread
from firmtrack.intake.withdrawing import NOT_KEPT, restore, withdraw
from firmtrack.lookups.message import download_message, find_message
from firmtrack.presentation.messages import no_body_text
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import run
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.known_from import Kind, known_from
from firmtrack.store.ledger import rereading
from firmtrack.store.months import MESSAGES, month_of
from firmtrack.store.numbers import KIND_NUMBERS
from firmtrack.store.retention.pruning import Lives, prune
from tests.store.server_processes import wait_until
from tests.store.test_lives import executed, month
from tests.store.test_rereading import all_answers

pytestmark = pytest.mark.usefixtures("own_database")

DCC = Viewer.of_dcc("the test")
LIVES = Lives(facts=60, bodies=1, lookups=24, notices=13, quarantine=13)
KEPT = (
    KIND_NUMBERS[MessageKind.UPDATE_FIRMWARE_REQUEST],
    KIND_NUMBERS[MessageKind.STAGE_REPORT],
)


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Messages of two to three months, the last of them in this one."""
    scenario = Scenario(requests=12, devices=8, seed=3, start=month(3, 10), days=80)
    return run(scenario, tmp_path_factory.mktemp("traffic") / "traffic.tar.gz").traffic


@pytest.fixture
def taken(own_database: str, traffic: Path) -> None:
    del own_database
    ingest(envelopes_in(traffic), Submitter.operator())
    # Requests have no time in themselves: these came when they were sent.
    executed("UPDATE undated_message SET recorded_at = coalesce(occurred_at, %s)", (month(3),))


def bodies_pruned(lives: Lives = LIVES) -> Ended | None:
    report = prune(lives, is_rehearsal=False)
    return next((each for each in report.ended if each.what is What.BODIES), None)


def with_body(condition: str, *given: object) -> int:
    query = f"SELECT count(*) FROM message WHERE body IS NOT NULL AND {condition}"
    return int(executed(query, given)[0][0])


def one_old_alert() -> UUID:
    (row,) = executed(
        "SELECT message_id FROM dated_message WHERE occurred_at < %s AND kind = 3"
        " ORDER BY message_id LIMIT 1",
        (month(1),),
    )
    return UUID(str(row[0]))


@pytest.mark.usefixtures("taken")
def test_bodies_that_are_too_old_go_and_every_answer_stays_as_it_was() -> None:
    before = all_answers()
    young = with_body("occurred_at >= %s", month(1))
    ((dated,),) = executed("SELECT count(*) FROM dated_message WHERE occurred_at < %s", (month(1),))
    requests = with_body("kind = ANY (%s)", list(KEPT))
    assert min(young, dated, requests) > 0

    ended = bodies_pruned()

    assert ended is not None
    assert ended.rows >= dated
    assert ended.months == (month(3), month(2))
    assert with_body("occurred_at < %s AND kind <> ALL (%s)", month(1), list(KEPT)) == 0
    assert with_body("occurred_at >= %s", month(1)) == young
    assert with_body("kind = ANY (%s)", list(KEPT)) == requests
    assert known_from(Kind.BODIES) == month(1)
    assert all_answers() == before
    assert disagreements() == []
    again = bodies_pruned()
    assert again is not None
    assert (again.rows, again.octets, again.months) == (0, 0, ())


@pytest.mark.usefixtures("taken")
def test_bodies_that_are_to_live_as_long_as_their_messages_go_with_these() -> None:
    count = with_body("true")

    assert bodies_pruned(Lives(facts=13, bodies=13, lookups=24, notices=13, quarantine=13)) is None
    assert with_body("true") == count
    assert known_from(Kind.BODIES) is None


@pytest.mark.usefixtures("taken")
def test_a_message_says_that_its_body_is_not_kept_any_more() -> None:
    message_id = one_old_alert()
    before = find_message(DCC, message_id)
    assert before is not None
    assert before.has_body

    bodies_pruned()

    found = find_message(DCC, message_id)
    assert found is not None
    assert (found.has_body, found.contents) == (False, None)
    assert (found.kind, found.user_id, found.occurred_at) == (
        before.kind, before.user_id, before.occurred_at
    )  # fmt: skip
    assert "not kept any more: Firmtrack keeps that of messages from 1 " in no_body_text(found)
    assert download_message(DCC, message_id) is None
    assert before.user_id is not None
    sent_to = Viewer.of_user_ids("who got it", [before.user_id])
    assert find_message(sent_to, message_id) is not None
    assert find_message(Viewer.of_user_ids("a stranger", []), message_id) is None


@pytest.mark.usefixtures("taken")
def test_messages_are_taken_back_and_restored_where_what_others_said_is_gone() -> None:
    before = all_answers()
    # A young word about an update whose request is old.
    ((young,),) = executed(
        "SELECT e.message_id FROM recorded_event AS e JOIN request AS r USING (request_key)"
        " WHERE e.occurred_at >= %s AND r.submitted_at < %s ORDER BY e.message_id LIMIT 1",
        (month(1), month(1)),
    )
    old = one_old_alert()
    bodies_pruned()

    moved = withdraw([young, old], "a test")

    assert list(moved.moved) == [young]
    assert list(moved.refused) == [(old, NOT_KEPT)]
    assert all_answers() != before
    assert disagreements() == []
    assert list(restore([young], "a test").moved) == [young]
    assert all_answers() == before
    assert disagreements() == []


@pytest.mark.usefixtures("taken")
def test_what_has_no_body_any_more_is_not_read_again_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = all_answers()
    bodies_pruned()
    ((without, every),) = executed(
        "SELECT count(*) FILTER (WHERE body IS NULL), count(*) FROM message"
    )
    executed("DELETE FROM rereading WHERE edition = %s", (rereading.EDITION,))

    with caplog.at_level("INFO"):
        reread()

    assert executed(
        "SELECT phase, messages, unreadable, without_body FROM rereading WHERE edition = %s",
        (rereading.EDITION,),
    ) == [("done", every - without, 0, without)]
    assert f"Of {without:,} messages what they said is not kept any more" in caplog.text
    assert all_answers() == before


def add_message(at: datetime, connection: Connection[TupleRow] | None = None) -> UUID:
    message_id = uuid4()
    query = (
        "INSERT INTO dated_message (message_id, occurred_at, recorded_at, kind, body)"
        " VALUES (%s, %s, now(), 3, 'said')"
    )
    if connection is None:
        executed(query, (message_id, at))
    else:
        connection.execute(query, (message_id, at))
    return message_id


def test_what_is_recorded_while_a_month_is_written_anew_is_in_it() -> None:
    old = [add_message(month(3, day)) for day in range(1, 20)]
    part = MESSAGES.part_of(month_of(month(3)))
    with pool().connection() as writer:
        pruning = Thread(target=bodies_pruned)
        with writer.transaction():
            late = add_message(month(3, 5), writer)
            pruning.start()
            # The month is copied, and its place is waited for.
            wait_until(
                lambda: bool(
                    executed("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", (f"{part}_anew",))
                )
            )
            wait_until(lambda: executed(f"SELECT count(*) FROM {part}_anew")[0][0] == len(old))
            assert pruning.is_alive()
            # Readers of the month, and of the new one's table, are not held up by that.
            assert len(executed("SELECT message_id FROM message")) == len(old)
        pruning.join()

    rows = executed("SELECT message_id, body FROM dated_message")
    assert {message_id for message_id, _ in rows} == {*old, late}
    assert {body for _, body in rows} == {None}
    assert executed(f"SELECT count(*) FROM {part}") == [(len(rows),)]


def test_the_few_bodies_that_came_late_are_taken_in_their_place() -> None:
    for day in range(1, 25):
        add_message(month(3, day))
    bodies_pruned()
    add_message(month(3, 7))
    young = add_message(month(0))
    older = add_message(month(30))

    ended = bodies_pruned()

    assert ended is not None
    assert (ended.rows, ended.months) == (2, ())
    assert executed("SELECT message_id FROM message WHERE body IS NOT NULL") == [(young,)]
    assert executed("SELECT count(*) FROM message WHERE message_id = %s", (older,)) == [(1,)]


def test_a_month_written_anew_that_a_kill_left_is_dropped_by_the_next() -> None:
    add_message(month(3))
    part = MESSAGES.part_of(month_of(month(3)))
    executed(f"CREATE TABLE {part}_anew (LIKE {part} INCLUDING ALL)")
    executed("CREATE TABLE dated_message_2001_01_anew (LIKE dated_message)")

    bodies_pruned()

    assert (
        executed("SELECT relname FROM pg_class WHERE relname LIKE '%%_anew' AND relkind = 'r'")
        == []
    )


@pytest.mark.usefixtures("taken")
def test_facts_and_bodies_go_by_one_prune_as_the_rehearsal_says_and_leave_nothing_behind() -> None:
    lives = Lives(facts=2, bodies=1, lookups=24, notices=13, quarantine=13)
    rehearsed = prune(lives, is_rehearsal=True)

    report = prune(lives, is_rehearsal=False)

    facts = {What.REQUESTS, What.UPDATES, What.EVENTS, What.MESSAGES}
    said = {each.what: (each.rows, each.stays) for each in rehearsed.ended if each.what in facts}
    assert said == {
        each.what: (each.rows, each.stays) for each in report.ended if each.what in facts
    }
    assert said[What.UPDATES][0] > 0
    assert known_from(Kind.FACTS) == month(2)
    assert prune(lives, is_rehearsal=False).is_empty
    assert disagreements() == []
    orphans = {
        table: executed(
            f"SELECT count(*) FROM {table} AS t WHERE t.request_key IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM request AS r WHERE r.request_key = t.request_key)"
        )[0][0]
        for (table,) in executed(
            "SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND a.attname = 'request_key'"
        )
    }
    assert {table: count for table, count in orphans.items() if count} == {}
