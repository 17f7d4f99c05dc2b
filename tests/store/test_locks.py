"""Locks, turns and leases: one module has them all, and no two are one."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psycopg
import pytest
from psycopg.errors import DeadlockDetected

import firmtrack
from firmtrack.store import locks
from firmtrack.store.locks import (
    AdvisoryKey,
    Lease,
    Task,
    Turn,
    TurnTaken,
    again_after_deadlock,
    take,
    take_if_free,
    take_turn,
)
from firmtrack.store.reports.snapshots import counting_snapshot
from tests.store.server_processes import wait_until

KEYS = {
    "MIGRATION": 0x46494D47,
    "MONTHS": 0x46494D4F,
    "ATTRIBUTION": 0x4649524D,
    "ACTIVATIONS": 0x4649524E,
    "PROPOSALS": 0x4649524F,
    "INVENTORY": 0x4649534C,
    "QUARANTINE": 0x46495155,
    "PRUNING": 0x46525052,
    "PRUNING_FACTS": 0x46525046,
    "REREADING": 0x46525244,
    "FOLDING_ARRIVALS": 0x46504652,
    "STAGING": 0x46495354,
    "STALLED": 0x46505354,
    "COMPOSING": 0x46524D4E,
}


def modules() -> Iterator[tuple[str, str]]:
    root = Path(firmtrack.__file__).parent
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.sql")]):
        if path != Path(locks.__file__):
            yield str(path.relative_to(root)), path.read_text(encoding="utf-8")


def test_no_two_locks_are_one() -> None:
    values = [each.value for each in AdvisoryKey.__members__.values()]

    assert len(set(values)) == len(values)


def test_keys_stay_as_they_are_since_processes_of_two_versions_may_meet() -> None:
    assert {each.name: each.value for each in AdvisoryKey} == KEYS


def test_no_other_module_takes_an_advisory_lock_or_writes_a_key() -> None:
    numbers = {each.value for each in AdvisoryKey}
    for name, text in modules():
        assert not re.search(r"pg_\w*advisory", text), name
        written = re.findall(r"\b(?:0[xX][0-9a-fA-F_]+|\d[\d_]{8,})\b", text)
        assert numbers.isdisjoint(int(each, 0) for each in written if each[:2] != "00"), name


def test_no_module_takes_a_lock_that_outlives_its_transaction() -> None:
    root = Path(firmtrack.__file__).parent
    for path in [*root.rglob("*.py"), *root.rglob("*.sql")]:
        taken = re.findall(r"pg_(?:try_)?advisory_\w*", path.read_text(encoding="utf-8"))
        assert all("_xact_" in each for each in taken), path


def test_a_lock_that_another_holds_is_not_free_until_its_transaction_ends(database: str) -> None:
    with psycopg.connect(database) as one, psycopg.connect(database, autocommit=True) as other:
        assert take_if_free(one, AdvisoryKey.INVENTORY)
        assert not take_if_free(other, AdvisoryKey.INVENTORY)
        assert take_if_free(other, AdvisoryKey.STALLED)
        one.commit()
        assert take_if_free(other, AdvisoryKey.INVENTORY)


def test_a_turn_is_had_by_one_until_its_transaction_ends(database: str) -> None:
    with psycopg.connect(database) as one, psycopg.connect(database) as other:
        take_turn(one, Turn.COUNTING, waits=True)
        with pytest.raises(TurnTaken):
            take_turn(other, Turn.COUNTING, waits=False)
        other.rollback()
        take_turn(other, Turn.STANDINGS, waits=False)
        one.commit()
        take_turn(other, Turn.COUNTING, waits=False)


def test_who_waited_for_a_turn_sees_what_was_done_in_the_one_before(database: str) -> None:
    with psycopg.connect(database) as one, ThreadPoolExecutor() as threads:

        def count() -> int:
            with (
                psycopg.connect(database, autocommit=True) as other,
                counting_snapshot(other, Turn.COUNTING, waits=True),
            ):
                return other.execute("SELECT FROM stale_request").rowcount

        take_turn(one, Turn.COUNTING, waits=True)
        counted = threads.submit(count)
        stands = "SELECT FROM pg_locks WHERE relation = 'counting_turn'::regclass AND NOT granted"
        wait_until(lambda: one.execute(stands).rowcount > 0)
        one.execute("INSERT INTO stale_request VALUES (1)")
        one.commit()
        assert counted.result() == 1


def test_a_backup_and_the_cleaning_of_tables_have_no_part_in_turns(database: str) -> None:
    with psycopg.connect(database) as one, psycopg.connect(database) as other:
        other.execute("LOCK TABLE counting_turn, standings_turn IN ACCESS SHARE MODE")
        for turn in Turn:
            take_turn(one, turn, waits=False)


def test_a_task_is_one_processs_until_it_ends_it_or_its_time_is_over(database: str) -> None:
    one, other = Lease(Task.UPKEEP), Lease(Task.UPKEEP)
    with psycopg.connect(database, autocommit=True) as connection:
        assert one.is_ours(connection)
        assert not other.is_ours(connection)
        assert one.is_ours(connection)
        assert Lease(Task.DEMONSTRATION).is_ours(connection)

        one.end(connection)
        assert other.is_ours(connection)

        other.end(connection)
        one.end(connection)
        assert Lease(Task.UPKEEP, seconds=-1).is_ours(connection)  # its time is over at once
        assert one.is_ours(connection)


def test_who_has_lost_a_task_cannot_end_it_for_who_has_it(database: str) -> None:
    slept, other, third = (Lease(Task.UPKEEP, seconds) for seconds in (-1, 20, 20))
    with psycopg.connect(database, autocommit=True) as connection:
        assert slept.is_ours(connection)
        assert other.is_ours(connection)

        assert not slept.is_ours(connection)
        slept.end(connection)
        assert not third.is_ours(connection)


def test_a_clock_that_is_put_back_keeps_a_task_from_nobody_for_long(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        assert Lease(Task.UPKEEP, seconds=86_400).is_ours(connection)  # as it looks afterwards
        assert Lease(Task.UPKEEP).is_ours(connection)


def test_of_many_that_ask_at_once_one_has_the_task(database: str) -> None:
    def ask(_: int) -> bool:
        with psycopg.connect(database, autocommit=True) as connection:
            return Lease(Task.UPKEEP).is_ours(connection)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(24))) == 1


def test_locks_of_two_parts_differ(database: str) -> None:
    with psycopg.connect(database) as one, psycopg.connect(database) as other:
        assert take_if_free(one, AdvisoryKey.COMPOSING, 1)
        assert take_if_free(other, AdvisoryKey.COMPOSING, 2)
        assert not take_if_free(other, AdvisoryKey.COMPOSING, 1)


def test_of_two_transactions_that_stand_against_each_other_one_is_done_anew(database: str) -> None:
    held = {key: Event() for key in (AdvisoryKey.INVENTORY, AdvisoryKey.STALLED)}
    begun = []

    @again_after_deadlock
    def take_both(first: AdvisoryKey, second: AdvisoryKey) -> AdvisoryKey:
        with psycopg.connect(database) as connection:
            begun.append(first)
            take(connection, first)
            held[first].set()
            held[second].wait()
            take(connection, second)
        return first

    with ThreadPoolExecutor() as threads:
        orders = (list(held), list(reversed(held)))
        done = [threads.submit(take_both, *order) for order in orders]
        assert [each.result() for each in done] == [order[0] for order in orders]
    assert len(begun) == 3


def test_a_transaction_that_is_ended_each_time_fails_at_last() -> None:
    @again_after_deadlock
    def stand_against_all() -> None:
        raise DeadlockDetected

    with pytest.raises(DeadlockDetected):
        stand_against_all()
