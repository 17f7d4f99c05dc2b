"""Advisory locks: one module has them all, and no two are one."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

import firmtrack
from firmtrack.store import locks
from firmtrack.store.database import pool
from firmtrack.store.locks import AdvisoryKey, held, take_if_free
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
    "COUNTING": 0x4650434F,
    "STANDINGS": 0x46525354,
    "FOLDING_ARRIVALS": 0x46504652,
    "UPKEEP": 0x4650554B,
    "STALLED": 0x46505354,
    "DEMONSTRATION": 0x46495444,
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


def test_a_lock_that_another_holds_is_not_free_until_that_lets_go(database: str) -> None:
    with (
        psycopg.connect(database, autocommit=True) as one,
        psycopg.connect(database, autocommit=True) as other,
    ):
        with held(one, AdvisoryKey.COUNTING) as is_ours:
            with held(other, AdvisoryKey.COUNTING, waits=False) as is_others:
                assert (is_ours, is_others) == (True, False)
            assert not take_if_free(other, AdvisoryKey.COUNTING)
            assert take_if_free(other, AdvisoryKey.STALLED)
        assert take_if_free(other, AdvisoryKey.COUNTING)


def test_a_lock_that_could_not_be_let_go_does_not_stay_in_a_pool(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as other:
        with pool().connection() as one:
            unlocking = pytest.raises(psycopg.errors.InFailedSqlTransaction)
            with unlocking, held(one, AdvisoryKey.UPKEEP):
                one.execute("BEGIN")
                with suppress(psycopg.errors.DivisionByZero):
                    one.execute("SELECT 1 / 0")
            assert one.closed
        wait_until(lambda: take_if_free(other, AdvisoryKey.UPKEEP))


def test_a_wait_for_a_lock_that_is_cancelled_leaves_no_connection_that_may_hold_it(
    database: str,
) -> None:
    with (
        psycopg.connect(database, autocommit=True) as one,
        psycopg.connect(database, autocommit=True) as other,
        held(other, AdvisoryKey.UPKEEP),
    ):
        one.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled), held(one, AdvisoryKey.UPKEEP):
            pass
        assert one.closed


def test_locks_of_two_parts_differ(database: str) -> None:
    with psycopg.connect(database) as one, psycopg.connect(database) as other:
        assert take_if_free(one, AdvisoryKey.COMPOSING, 1)
        assert take_if_free(other, AdvisoryKey.COMPOSING, 2)
        assert not take_if_free(other, AdvisoryKey.COMPOSING, 1)
