"""What stays when months go is the same by the rule and by the sets in SQL."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.retention import staying
from firmtrack.domain.stages import Status
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.reading.dossiers import read_dossier
from firmtrack.store.retention.facts import FactsPruned, prune_facts
from tests.examples import examples
from tests.store.drawn import METERS, REQUEST_IDS
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    IMAGE_HASH,
    OTHER_IMAGE_HASH,
    OTHER_VERSION,
    VERSION,
    distributions,
    reported,
    request,
    take,
)
from tests.store.pruned import APRIL, MARCH, MAY, day, empty_all, histories

# A word that says less than how the update ended: it tells nothing but that it is still spoken of.
_LESS = partial(reported, Status.DELIVERED_TO_COMMS_HUB, day(8, 3), METERS[:1])
_LOOSE = partial(_LESS, request_id=None)
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


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize(
    ("image_hash", "told", "stays"),
    [
        (IMAGE_HASH, _LESS(request_id=REQUEST_IDS[0]), True),
        (IMAGE_HASH, _LESS(request_id=REQUEST_IDS[1]), False),
        (IMAGE_HASH, _LOOSE(image_hash=IMAGE_HASH), True),
        (IMAGE_HASH, _LOOSE(image_hash=IMAGE_HASH, user_id=BRAVO_ID), True),
        (IMAGE_HASH, _LOOSE(image_hash=b"another".ljust(32)), False),
        (None, _LOOSE(image_hash=b"another".ljust(32)), True),
        (None, _LOOSE(image_hash=b"another".ljust(32), version=OTHER_VERSION), False),
        (None, _LOOSE(version=VERSION, user_id=BRAVO_ID), True),
        (IMAGE_HASH, _LOOSE(), True),
        (IMAGE_HASH, _LOOSE(user_id=BRAVO_ID), False),
    ],
)
def test_an_update_stays_as_long_as_a_word_that_is_kept_may_be_of_it(
    image_hash: bytes | None, told: Message, *, stays: bool
) -> None:
    mine, *others = REQUEST_IDS
    assert mine.originator == ALPHA_ID
    take(
        request(mine, METERS[:1], sent_at=day(5, 3), version=VERSION, image_hash=image_hash),
        reported(Status.VERIFIED, day(5, 5), METERS[:1], request_id=mine),
    )
    for other in others:  # updates of other devices, which go whatever is said of this one
        take(
            request(other, METERS[1:], sent_at=day(5, 3), image_hash=OTHER_IMAGE_HASH),
            reported(Status.VERIFIED, day(5, 5), METERS[1:], request_id=other),
        )
    take(told)
    expected = by_the_rule(MAY)

    prune_facts(MAY, is_rehearsal=False)

    assert in_the_store() == expected
    assert ((METERS[0], mine) in expected) is stays
