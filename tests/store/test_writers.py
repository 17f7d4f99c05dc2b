"""Any number of writers at once: nothing deadlocks, nothing is lost, all comes to what one writes.

Beside the writers messages are withdrawn, restored and read again, an inventory is imported, months
that are over are pruned, what is left is folded, and figures are counted; parties are notified and
people watch.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from random import Random, SystemRandom
from threading import Event
from typing import Any

import psycopg
import pytest

from firmtrack.domain.inventory import IMPORT_ID, knowledge_of, merge_all
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import topic_of_status
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger import rereading
from firmtrack.store.ledger.inventory import ImportedRow, import_rows
from firmtrack.store.ledger.quarantine_quotas import quarantine_use
from firmtrack.store.ledger.recording import Batch, fold_unfolded, record
from firmtrack.store.ledger.withdrawals import restore, withdraw
from firmtrack.store.months import month_of
from firmtrack.store.numbers import eui_of, to_bigint
from firmtrack.store.reading.messages import KeptMessage
from firmtrack.store.reports import freshness, performance
from firmtrack.store.retention.facts import prune_facts
from tests.databases import Fresh, used
from tests.examples import first_of
from tests.store import test_inventory as known
from tests.store import test_rules_in_sql as rules
from tests.store.facts import ALPHA_ID, BRAVO_ID, MORNING
from tests.store.histories import DEVICES, QUOTAS, History, history
from tests.store.server_processes import wait_until
from tests.store.test_ledger import rows
from tests.store.test_status_changes import subscribe
from tests.store.writing import SMALL, write

BECAUSE = "a token had leaked"
OLDEST_KEPT = month_of(MORNING).begins_at

_STATUSES = {(int(status.stage), status.is_bad): status for status in Status}

# A table that is not here holds the same, whatever the order, but for surrogate keys and the times
# at which something was recorded or done.
_NOT_COMPARED = {
    "act": "that the parties were added",
    "accounts_party": "made anew in each database",
    "accounts_partyuserid": "made anew in each database",
    "accounts_user": "made anew in each database",
    "notice_endpoint": "made anew in each database",
    "watch": "made anew in each database",
    "watch_change": "a row a transaction: compared by itself",
    "status_change": "a row a status that was ever current: compared by itself",
    "quarantine": "of who has a quota what comes first is kept: compared by itself",
    "quarantine_overflow": "of who has a quota what comes first is kept: compared by itself",
    "recorded_request_naming": "a row for what lowers what was known: its least is in request",
    "distribution_history": "of a withdrawal amid writing: how a distribution was named before it",
    "touched_fact": "of who still recorded when a prune ended: the next one begins without",
    "withdrawn_again": "how often a message came again while it was withdrawn",
    "rereading": "how far it was",
    "arrival": "by the clock",
    "source_last": "by the clock",
    "source_silence": "by the clock",
    "source_user": "by the clock",
    "last_count": "by the clock",
    "cause_count": "what request_standing and performance_count are counted from, by the clock",
    "cause_due": "marks for who counts",
    "stale_device": "marks for who counts",
    "stale_request": "marks for who counts",
    "standing_due": "marks for who counts",
    "cohort": "by the clock: how long what is in progress has waited",
    "device_profile": "numbers of kinds of device, by who was counted first",
    "device_segment": "numbers of kinds of device, by who was counted first",
    "failure_reason": "numbers of reasons, by who was counted first",
    "stay": "by the clock: how long what is in progress has waited",
    "stay_at_hub": "by the clock: how long what is in progress has waited",
    "stay_in_progress": "by the clock: how long what is in progress has waited",
    "hub_stay": "by the clock: how long what is in progress has waited",
    "wait_estimate": "by the clock: how long what is in progress has waited",
    "wait_limit": "by the clock: how long what is in progress has waited",
    "wait_limit_age": "by the clock: how long what is in progress has waited",
    "stalled_update": "by the clock",
    "trouble_update": "by the clock: of what has stalled, too",
}  # fmt: skip
_OF_THE_ORDER = [
    # Surrogate keys, and clocks.
    "id",
    "withdrawal_id",
    "recorded_at",
    "counted_at",
    "found_at",
    "moved_at",
    "withdrawn_at",
    "restored_at",
    "applied",
    "trouble_at",
    "pruned_at",
    "stalled",
    # Whether the last statement moved the device to another segment: a mark for who counts.
    "changed_segment",
    # Kept where it counts when it comes; what it comes to is in submitted_at, firmware_version and,
    # of distributions, below.
    "named_at",
    "claimed_version",
]
_NAMED_BEFORE_ITS_REQUEST = (
    "SELECT t.named_at FROM request AS its_request WHERE its_request.request_key = t.request_key"
    " AND (its_request.whole_at IS NULL OR t.named_at < its_request.whole_at)"
)

_TABLES = """
SELECT c.relname,
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'request_key'),
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'segment_key')
FROM pg_class AS c
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
ORDER BY relname
"""
_REQUEST = (
    "SELECT jsonb_build_array(originator, target, counter) FROM request AS its_request"
    " WHERE its_request.request_key = t.request_key"
)
_SEGMENT = (
    "SELECT to_jsonb(its_segment) - 'segment_key' FROM device_segment AS its_segment"
    " WHERE its_segment.segment_key = t.segment_key"
)


def contents() -> dict[str, Counter[str]]:
    """Return the rows of all tables, a request's key as the Request ID."""
    found = {}
    for table, has_request, has_segment in rows(_TABLES):
        if table in _NOT_COMPARED:
            continue
        row = "to_jsonb(t) - 'request_key' - 'segment_key' - %s::text[]"
        if has_request:
            row += f" || jsonb_build_object('request', ({_REQUEST}))"
        if has_segment:
            row += f" || jsonb_build_object('segment', ({_SEGMENT}))"
        if table == "distribution":
            row += f" || jsonb_build_object('named_before', ({_NAMED_BEFORE_ITS_REQUEST}))"
        found[table] = Counter(
            text for (text,) in rows(f"SELECT ({row})::text FROM {table} AS t", _OF_THE_ORDER)
        )
    return found


def begin(told: History) -> None:
    """Record what came earlier; have two parties notified, and a person watch."""
    subscribe("Alpha Energy", ALPHA_ID)
    subscribe("Bravo Power", BRAVO_ID)
    record(Batch(messages=told.earlier))
    with pool().connection() as connection:
        connection.execute("DELETE FROM rereading")
        connection.execute(
            "INSERT INTO accounts_user (email, password, party_id, role, is_active, added_at)"
            " SELECT 'ada@alpha.example', '', id, 'viewer', true, now() FROM accounts_party"
            " WHERE name = 'Alpha Energy'"
        )
        connection.execute(
            "INSERT INTO watch (person_id, party_id, device_id, endpoint_id, told, due_at)"
            " SELECT u.id, u.party_id, device_id, endpoint_id, '{}', now()"
            " FROM accounts_user AS u JOIN notice_endpoint AS e USING (party_id),"
            " unnest(%s::bigint[]) AS device_id",
            ([to_bigint(device_id) for device_id in DEVICES],),
        )


def others(told: History) -> list[Callable[[], object]]:
    """Return what goes on beside the writers and is done once."""

    def read(kept: KeptMessage) -> Any:
        return told.by_id[kept.message_id]

    def take_back() -> None:
        for is_withdrawal, messages in told.moves:
            (withdraw if is_withdrawal else restore)(messages, BECAUSE, read)

    def bring_in() -> None:
        imported = list(told.imported)
        Random(told.seed).shuffle(imported)
        for start in range(0, len(imported), 4):
            some = [ImportedRow(number, each) for number, each in enumerate(imported[start:][:4])]
            assert import_rows(some, lambda _: None, lambda: True).is_kept

    def read_again() -> None:
        for progress in rereading.reread(read):
            assert progress.unreadable == 0

    def prune() -> None:
        """Let months go that have nothing, so that all tables are exchanged amid the writing."""
        prune_facts(OLDEST_KEPT, is_rehearsal=False)

    return [take_back, bring_in, read_again, prune]


def keep_up() -> None:
    """Do what a server does by itself."""
    fold_unfolded(SMALL)
    performance.refresh()
    with pool().connection() as connection:
        freshness.fold_arrivals(connection, settled_after=timedelta(0))


@contextmanager
def own(fresh: Fresh) -> Iterator[str]:
    """Have a database until the block ends; nobody may have met a deadlock in it."""
    with fresh() as conninfo:
        with used(conninfo):
            yield conninfo
        assert deadlocks(conninfo) == 0


def one_writer(fresh: Fresh, told: History, writers: int) -> dict[str, Counter[str]]:
    """One after the other: all that comes, and then all else."""
    with own(fresh):
        begin(told)
        new = sum(write(told, writer, writers) for writer in range(writers))
        assert new == len(told.coming)
        for each in others(told):
            each()
        return finished(told, writers)


def many_writers(
    fresh: Fresh, told: History, threads: int, processes: int, threads_of_process: int
) -> dict[str, Counter[str]]:
    """All at once: writers that are threads here, writers of other processes, and all else."""
    writers = threads + processes * threads_of_process
    over = Event()

    def keep_on() -> None:
        while not over.is_set():
            keep_up()

    def write_elsewhere(first: int) -> int:
        numbers = map(str, range(first, first + threads_of_process))
        command = [sys.executable, "-m", "tests.store.writing", conninfo]
        done = subprocess.run(
            [*command, str(told.seed), str(writers), *numbers],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    with own(fresh) as conninfo:
        begin(told)
        with ThreadPoolExecutor(2 + threads + processes + len(others(told))) as pooled:
            firsts = range(threads, writers, threads_of_process)
            writing = [pooled.submit(write_elsewhere, first) for first in firsts]
            writing += [pooled.submit(write, told, each, writers) for each in range(threads)]
            working = [pooled.submit(each) for each in others(told)]
            keeping = pooled.submit(keep_on)
            try:
                new = sum(each.result() for each in writing)
                for each in working:
                    each.result()
            finally:
                over.set()
            keeping.result()
        assert new == len(told.coming)
        return finished(told, writers)


def finished(told: History, writers: int) -> dict[str, Counter[str]]:
    """Hold what is stored against the rules in Python, apart from the order, and return it."""
    assert rows("SELECT count(*) FROM unfolded_device") == [(0,)]
    keep_up()
    assert_as_the_rules_say(told)
    assert_all_was_told(told)
    assert_quarantined(told, writers)
    assert disagreements() == []
    return contents()


def assert_as_the_rules_say(told: History) -> None:
    expectation, answered = rules.expected(told.counted), rules.tracked(told.messages)
    assert answered.unattributed == expectation.unattributed
    assert rules.without_times_of_recording(answered, expectation) == expectation.standings
    made_known = known.expected(told.counted)
    brought_in = [knowledge_of(each, IMPORT_ID) for each in told.imported]
    assert known.stored() == dict(merge_all([*brought_in, *(each for each, _ in made_known)]))


def assert_all_was_told(told: History) -> None:
    """Who follows the queue of changes knows every current status, and of no watch was nothing."""
    devices_of: dict[int, list[int]] = {}
    for key, device_id in rows("SELECT request_key, device_id FROM distribution"):
        devices_of.setdefault(key, []).append(eui_of(device_id))
    heard: dict[tuple[int, int], tuple[str, str | None]] = {}
    for key, topic, reason, device_ids in rows(
        "SELECT request_key, topic, reason, device_ids FROM status_change"
        " WHERE is_own AND starts_with(topic, 'distribution.') ORDER BY change_id"
    ):
        named = devices_of[key] if device_ids is None else map(eui_of, device_ids)
        heard.update(dict.fromkeys(((key, each) for each in named), (topic, reason)))
    standing = {
        (key, eui_of(device_id)): (topic_of_status(_STATUSES[stage, failed]), reason)
        for key, device_id, stage, failed, reason in rows(
            "SELECT request_key, device_id, stage, failed, reason FROM current_distribution"
        )
    }
    assert {key: heard.get(key) for key in standing} == standing
    named_now = {event.device_id for message in told.coming for event in message.events}
    watched = rows("SELECT DISTINCT device_id FROM watch_change JOIN watch USING (watch_id)")
    assert named_now <= {eui_of(device_id) for (device_id,) in watched}


def assert_quarantined(told: History, writers: int) -> None:
    """Every input handed in is kept or counted; no quota is exceeded, who has none keeps all."""
    handed_in = Counter(
        refusal.submitter
        for writer in range(writers)
        for batch in told.batches(writer, writers)
        for refusal in batch.refusals
    )
    kept = dict(rows("SELECT submitter, sum(times_received)::int FROM quarantine GROUP BY 1"))
    use = {each.submitter: each for each in quarantine_use()}
    assert {name: kept[name] + use[name].times_refused for name in handed_in} == handed_in
    assert use["operator"].times_refused == 0
    for submitter, quota in QUOTAS.items():
        assert use[submitter].octets <= quota


def deadlocks(conninfo: str) -> int:
    """Return how many deadlocks the database has had: who had one tells it on leaving."""
    with psycopg.connect(conninfo, autocommit=True) as connection:

        def is_alone() -> bool:
            others = connection.execute(
                "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
                " AND application_name NOT LIKE 'citus_internal%'"
            )
            return others.rowcount == 0

        wait_until(is_alone)
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def agree(
    fresh: Fresh,
    seed: int,
    *,
    threads: int,
    processes: int = 0,
    threads_of_process: int = 2,
) -> None:
    """Have many writers record the history of a seed, and hold it against what one makes of it."""
    told = history(seed)
    writers = threads + processes * threads_of_process
    expected = one_writer(fresh, told, writers)

    found = many_writers(fresh, told, threads, processes, threads_of_process)

    assert found.keys() == expected.keys()
    differ = {
        table: (expected[table] - rows_of, rows_of - expected[table])
        for table, rows_of in found.items()
        if rows_of != expected[table]
    }
    assert differ == {}, f"seed {seed}"


@pytest.mark.parametrize("seed", first_of(range(4)))
def test_writers_beside_all_else_that_goes_on_agree_with_one_alone(fresh: Fresh, seed: int) -> None:
    agree(fresh, seed, threads=4)


@pytest.mark.thorough
@pytest.mark.parametrize("number", range(4))
def test_writers_of_several_processes_agree_with_one_alone(fresh: Fresh, number: int) -> None:
    seed = number if os.environ.get("CI") else SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    agree(fresh, seed, threads=2, processes=3)
