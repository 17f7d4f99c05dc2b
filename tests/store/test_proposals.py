"""Requests to change DCC's inventory and its answers, in two batches at once; and what is kept."""

from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep

import pytest

from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger import proposals, staging, statement
from firmtrack.store.ledger.recording import Receipt
from firmtrack.store.ledger.submission import OPERATOR
from tests.looking import find_inventory
from tests.store.facts import (
    ALPHA,
    DCC,
    METER,
    STRANGER,
    at,
    imported,
    proposed,
    take,
    verdict,
)

pytestmark = pytest.mark.usefixtures("database")


def model() -> str | None:
    found = find_inventory(DCC, METER)
    return None if found is None else found.facts.model


def wait_for(writer: Future[Receipt]) -> None:
    """Wait until the writer is done, or waits for a lock itself."""
    while not writer.done():
        with pool().connection() as connection:
            row = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
        if row != (0,):
            return
        sleep(0.01)


def test_an_answer_that_comes_while_its_request_is_recorded_finds_it() -> None:
    with ThreadPoolExecutor(1) as executor:
        with staging.writing() as cursor:
            asking = [proposed(model="M1")]
            staging.stage_messages(cursor, [(message, OPERATOR) for message in asking])
            cursor.execute(statement("insert_messages"))
            assert proposals.record(cursor, asking) == []
            answering = executor.submit(take, verdict(at(0)))
            wait_for(answering)
        answering.result()

    assert model() == "M1"


def test_a_later_statement_counts_though_the_answer_comes_after_it() -> None:
    imported(learnt_at=at(1), model="M2")
    take(verdict(at(0)))
    take(proposed(model="M1"))
    assert model() == "M2"

    take(verdict(at(2)))
    assert model() == "M1"


def test_what_dcc_refused_is_known_to_nobody() -> None:
    take(proposed(model="M1"), verdict(at(0), is_accepted=False))

    assert [find_inventory(viewer, METER) for viewer in (DCC, ALPHA, STRANGER)] == [None] * 3


@pytest.mark.parametrize("table", ["proposal", "verdict"])
def test_a_request_or_answer_without_its_row_is_found(table: str) -> None:
    take(proposed(model="M1"), verdict(at(0)))
    assert disagreements() == []

    with pool().connection() as connection:
        connection.execute(f"DELETE FROM {table}".encode())

    assert [each.kind for each in disagreements()] == [DisagreementKind.MESSAGE_WITHOUT_FACTS]


@pytest.mark.parametrize(
    ("table", "messages"), [("proposal", "undated_message"), ("verdict", "dated_message")]
)
def test_a_row_without_its_message_is_found(table: str, messages: str) -> None:
    take(proposed(model="M1"), verdict(at(0)))

    with pool().connection() as connection:
        connection.execute(
            f"DELETE FROM {messages} WHERE message_id IN (SELECT message_id FROM {table})".encode()
        )

    assert [each.kind for each in disagreements()] == [DisagreementKind.FACT_WITHOUT_MESSAGE]
