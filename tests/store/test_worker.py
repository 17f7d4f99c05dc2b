"""The worker of the stream: what it takes is recorded once, and what it cannot take is kept."""

import multiprocessing
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Thread

import pytest
from nats.aio.client import Client

from firmtrack.intake.receive import OutcomeKind
from firmtrack.store import database as the_database
from firmtrack.store.database import pool
from firmtrack.store.ledger.quarantine import find_quarantined, list_quarantine
from firmtrack.stream import bodies
from firmtrack.stream.connection import StreamAway
from firmtrack.stream.names import (
    BODIES,
    DUIS_SUBJECT,
    MESSAGE_ID_HEADER,
    OBJECT_HEADER,
    REPORT_SUBJECT,
    SUBMITTER_HEADER,
    TIME_HEADER,
)
from firmtrack.stream.readers import Settle
from firmtrack.stream.settling import settle_here
from tests.api.world import (
    METERS,
    delivered_to_hub,
    power_outage,
    stage_report,
    update_firmware,
)
from tests.journeys.processes import wait_until
from tests.store.worker_processes import (
    POISON,
    be_a_worker,
    kill_itself_at_poison,
    kill_worker_after_commit,
    kill_worker_before_commit,
    settle_when_shut_out,
)
from tests.streams import Cluster, one_node
from tests.working import (
    asked,
    bodies_in,
    give_again_after,
    left_in,
    put,
    state_of,
    take_all,
    take_on,
    take_until_first,
)

pytestmark = pytest.mark.usefixtures("database")

DELIVERED = tuple(delivered_to_hub(meter, is_success=True) for meter in METERS)


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Cluster]:
    with one_node(tmp_path / "stream") as cluster:
        yield cluster


def quarantined() -> set[tuple[str, bytes, str, bool]]:
    """Return what is in quarantine: reason code, octets, submitter, whether it is whole."""
    found = set()
    for entry in list_quarantine():
        kept = find_quarantined(entry.quarantine_id)
        assert kept is not None
        found.add((entry.reason_code, kept[1], entry.submitter, entry.is_whole))
    return found


def messages_and_events() -> tuple[int, int]:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM recorded_event)"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def started(cluster: Cluster, settle: Settle = settle_here) -> SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(
        target=be_a_worker, args=(cluster.url, the_database.conninfo_in_use(), settle)
    )
    process.start()
    return process


def test_what_is_put_into_the_stream_by_hand_is_the_operators(stream: Cluster) -> None:
    at = datetime(2026, 2, 28, 12, tzinfo=UTC)
    put(stream, DUIS_SUBJECT, update_firmware(), headers={TIME_HEADER: at.isoformat()})
    put(stream, REPORT_SUBJECT, stage_report("1"))
    put(stream, DUIS_SUBJECT, *DELIVERED, *DELIVERED, power_outage())

    taken = take_all(stream)

    assert taken.outcomes == {
        OutcomeKind.RECORDED: 2 + len(DELIVERED),
        OutcomeKind.DUPLICATE: len(DELIVERED),
        OutcomeKind.IGNORED: 1,
    }
    with pool().connection() as connection:
        submitters = connection.execute("SELECT DISTINCT submitter, token FROM message").fetchall()
        sent_at = connection.execute("SELECT sent_at FROM request").fetchone()
    assert submitters == [("operator", None)]
    assert sent_at == (at,)
    assert state_of(stream).messages == 0


def test_what_cannot_be_taken_ends_in_quarantine_with_the_reason(stream: Cluster) -> None:
    put(stream, DUIS_SUBJECT, b"<unknown/>")
    put(stream, "firmtrack.messages.other", b"<a/>")
    put(stream, DUIS_SUBJECT, b"<b/>", headers={TIME_HEADER: "yesterday"})
    put(stream, DUIS_SUBJECT, b"<c/>", headers={MESSAGE_ID_HEADER: "one"})
    put(stream, DUIS_SUBJECT, b"<d/>", headers={SUBMITTER_HEADER: "Alpha%20Energy"})
    put(stream, DUIS_SUBJECT, b"<e/>", headers={SUBMITTER_HEADER: "%00"})
    put(stream, DUIS_SUBJECT, b"", headers={OBJECT_HEADER: "there is none"})
    put(stream, REPORT_SUBJECT, DELIVERED[0])
    put(stream, DUIS_SUBJECT, DELIVERED[0])

    taken = take_all(stream)

    assert quarantined() == {
        ("unknown_root", b"<unknown/>", "operator", True),
        ("unknown_subject", b"<a/>", "operator", True),
        ("malformed_time", b"<b/>", "operator", True),
        ("malformed_headers", b"<c/>", "operator", True),
        ("unknown_root", b"<d/>", "Alpha Energy", True),
        ("malformed_headers", b"<e/>", "operator", True),
        ("missing_body", b"", "operator", False),
        ("not_json", DELIVERED[0], "operator", True),
    }
    assert taken.outcomes == {OutcomeKind.RECORDED: 1, OutcomeKind.QUARANTINED: 8}
    assert left_in(stream).is_empty


def test_an_object_over_the_limit_is_not_even_fetched(stream: Cluster) -> None:
    async def fill(client: Client) -> None:
        name = await bodies.put(client, bytes(17 * 1024 * 1024))
        await client.jetstream().publish(DUIS_SUBJECT, headers={OBJECT_HEADER: name})

    asked(stream, fill)

    take_all(stream)

    assert quarantined() == {("too_large", b"", "operator", False)}
    assert bodies_in(stream) == 0


def test_a_body_of_which_nothing_is_left_is_missed_and_not_waited_for(stream: Cluster) -> None:
    async def lose(client: Client) -> None:
        name = await bodies.put(client, update_firmware())
        await client.jsm().purge_stream(f"OBJ_{BODIES}", subject=f"$O.{BODIES}.C.*")
        await client.jetstream().publish(DUIS_SUBJECT, headers={OBJECT_HEADER: name})

    asked(stream, lose)

    take_all(stream)

    assert quarantined() == {("missing_body", b"", "operator", False)}


def test_told_to_stop_among_large_bodies_it_leaves_the_rest_to_others_at_once(
    stream: Cluster,
) -> None:
    give_again_after(stream, 3_600.0)  # what it kept would be missed

    async def fill(client: Client) -> None:
        for number in range(20):
            name = await bodies.put(client, stage_report(str(number)))
            await client.jetstream().publish(REPORT_SUBJECT, headers={OBJECT_HEADER: name})

    asked(stream, fill)

    taken = take_until_first(stream)

    assert 1 <= taken.messages < 20
    assert take_all(stream).outcomes == {OutcomeKind.RECORDED: 20 - taken.messages}


def test_a_worker_that_is_shut_out_ends_what_it_began_and_says_so(
    stream: Cluster, tmp_path: Path
) -> None:
    (node,) = stream.nodes
    begun = tmp_path / "begun"
    put(stream, DUIS_SUBJECT, *DELIVERED)

    def shut_out() -> None:
        wait_until(begun.exists, "it has begun")
        node.ask_for_password(wanted=True)

    shutting = Thread(target=shut_out)
    shutting.start()
    told: list[int] = []
    with pytest.raises(StreamAway, match="authorization failed"):
        take_on(
            stream,
            on_taken=lambda taken: told.append(taken.messages),
            settle=partial(settle_when_shut_out, begun, node.monitoring_url),
        )
    shutting.join()

    assert told == [len(DELIVERED)]
    assert messages_and_events() == (len(DELIVERED),) * 2


def test_a_message_that_kills_its_reader_is_found_among_many_and_put_into_quarantine(
    stream: Cluster,
) -> None:
    put(stream, DUIS_SUBJECT, *DELIVERED[:2], POISON, *DELIVERED[2:])

    taken = take_all(stream, settle=kill_itself_at_poison)

    assert taken.outcomes == {OutcomeKind.RECORDED: len(DELIVERED), OutcomeKind.QUARANTINED: 1}
    assert quarantined() == {("reader_died", POISON, "operator", True)}


@pytest.mark.parametrize(
    ("kill", "is_committed"),
    [(kill_worker_before_commit, False), (kill_worker_after_commit, True)],
)
def test_what_a_killed_worker_had_is_taken_by_another_and_counts_once(
    stream: Cluster, kill: Settle, is_committed: bool
) -> None:
    give_again_after(stream, 2.0)
    put(stream, DUIS_SUBJECT, *DELIVERED)
    killed = started(stream, kill)
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    recorded = messages_and_events()
    assert recorded == ((len(DELIVERED),) * 2 if is_committed else (0, 0))
    left = left_in(stream)
    assert left.waiting + left.unacknowledged == len(DELIVERED)

    taken = take_all(stream)

    # On a busy machine what is given again so soon may come a third time.
    new = 0 if is_committed else len(DELIVERED)
    assert taken.outcomes[OutcomeKind.RECORDED] == new
    assert taken.outcomes[OutcomeKind.DUPLICATE] == taken.messages - new
    assert taken.redelivered >= len(DELIVERED)
    assert messages_and_events() == (len(DELIVERED),) * 2


def test_two_workers_share_what_there_is_and_both_end_when_nothing_is_left(
    stream: Cluster,
) -> None:
    many = [stage_report(str(number)) for number in range(1_000)]
    put(stream, REPORT_SUBJECT, *many)

    workers = [started(stream) for _ in range(2)]
    for each in workers:
        each.join()

    assert [each.exitcode for each in workers] == [0, 0]
    assert messages_and_events()[0] == len(many)
    assert state_of(stream).messages == 0


def test_a_body_that_no_message_names_is_swept_up_and_one_that_waits_is_not(
    stream: Cluster,
) -> None:
    async def leave(client: Client) -> None:
        await bodies.put(client, b"left by one who was killed")
        name = await bodies.put(client, update_firmware())
        await client.jetstream().publish(DUIS_SUBJECT, headers={OBJECT_HEADER: name})

    def swept(at: datetime) -> int:
        return asked(stream, lambda client: bodies.sweep(client, at))

    asked(stream, leave)
    now = datetime.now(UTC)

    assert swept(now + timedelta(days=10)) == 0  # what waits is older than it
    assert take_all(stream).outcomes == {OutcomeKind.RECORDED: 1}
    assert bodies_in(stream) == 2  # one is left, and what is known of it
    assert swept(now) == 0
    assert (swept(now + timedelta(hours=2)), bodies_in(stream)) == (2, 0)
