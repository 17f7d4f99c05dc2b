"""What stays when months go is the same by the rule and by the sets in SQL."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.retention import staying
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.reading.dossiers import read_dossier
from firmtrack.store.retention.facts import FactsPruned, prune_facts
from tests.examples import examples
from tests.store.drawn import METERS, REQUEST_IDS
from tests.store.facts import distributions, take
from tests.store.pruned import APRIL, MARCH, MAY, empty_all, histories

Updates = frozenset[tuple[Eui64, RequestId]]


def by_the_rule(kept_from: datetime) -> Updates:
    with pool().connection() as connection:
        return frozenset(
            (device_id, request_id)
            for device_id in METERS
            for request_id in staying(read_dossier(connection, device_id), kept_from)
        )


def in_the_store() -> Updates:
    return frozenset(
        (each.device_id, request_id)
        for request_id in REQUEST_IDS
        for each in distributions(request_id)
    )


def counts_of(pruned: FactsPruned) -> tuple[int, ...]:
    return (
        pruned.requests, pruned.distributions, pruned.events, pruned.messages, pruned.kept_events,
        pruned.kept_messages,
    )  # fmt: skip


@pytest.mark.usefixtures("own_database")
@given(history=histories, kept_from=st.sampled_from([MARCH, APRIL, MAY, MAY]))
@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_stays_is_what_the_rule_says(history: Sequence[Message], kept_from: datetime) -> None:
    empty_all()
    take(*history)
    before, expected = in_the_store(), by_the_rule(kept_from)

    rehearsed = prune_facts(kept_from, is_rehearsal=True)
    assert in_the_store() == before
    pruned = prune_facts(kept_from, is_rehearsal=False)

    assert in_the_store() == expected
    assert pruned.distributions == len(before - expected)
    assert counts_of(pruned) == counts_of(rehearsed)
    assert disagreements() == []
