"""Which failures pass, and how long to wait."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.notices.calling import CallResponse
from firmtrack.notices.retrying import (
    LONGEST_RETRY_AFTER,
    LONGEST_WAIT_SECONDS,
    CallOutcome,
    outcome_of,
    wait_after,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (CallResponse(status_code=200), CallOutcome.DELIVERED),
        (CallResponse(status_code=204), CallOutcome.DELIVERED),
        (CallResponse(status_code=301), CallOutcome.REFUSED),
        (CallResponse(status_code=400), CallOutcome.REFUSED),
        (CallResponse(status_code=401), CallOutcome.REFUSED),
        (CallResponse(status_code=404), CallOutcome.REFUSED),
        (CallResponse(status_code=408), CallOutcome.TRY_AGAIN),
        (CallResponse(status_code=410), CallOutcome.GONE),
        (CallResponse(status_code=425), CallOutcome.TRY_AGAIN),
        (CallResponse(status_code=429), CallOutcome.TRY_AGAIN),
        (CallResponse(status_code=500), CallOutcome.TRY_AGAIN),
        (CallResponse(status_code=503), CallOutcome.TRY_AGAIN),
        (CallResponse(status_code=999), CallOutcome.TRY_AGAIN),
        (CallResponse(problem="No answer."), CallOutcome.TRY_AGAIN),
        (CallResponse(problem="The address is not public.", is_refused=True), CallOutcome.REFUSED),
    ],
)
def test_what_a_response_means(response: CallResponse, outcome: CallOutcome) -> None:
    assert outcome_of(response) is outcome


@given(st.integers(0, 10_000), st.text(max_size=40) | st.none(), st.randoms(use_true_random=False))
def test_the_wait_is_bounded_whatever_the_receiver_asks_for(
    failures: int, retry_after: str | None, chance: Random
) -> None:
    wait = wait_after(failures, CallResponse(status_code=503, retry_after=retry_after), NOW, chance)

    assert timedelta() <= wait <= LONGEST_RETRY_AFTER


def test_waits_grow_and_spread_from_nothing_to_their_ceiling() -> None:
    chance = Random(1)
    waits = {
        failures: [
            wait_after(failures, CallResponse(), NOW, chance).total_seconds() for _ in range(2_000)
        ]
        for failures in (0, 3, 30)
    }

    for failures, ceiling in ((0, 1.0), (3, 8.0), (30, LONGEST_WAIT_SECONDS)):
        assert max(waits[failures]) <= ceiling
        assert max(waits[failures]) > 0.95 * ceiling
        assert min(waits[failures]) < 0.05 * ceiling


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Sun, 22 Nov 2026 12:10:00 GMT", 600),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 13:00:01 GMT", LONGEST_RETRY_AFTER.total_seconds()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER.total_seconds()),
        ("86400", LONGEST_RETRY_AFTER.total_seconds()),
        ("99999999999999999999", LONGEST_RETRY_AFTER.total_seconds()),
        ("soon", 0),
        ("-5", 0),
        ("²", 0),
        (None, 0),
    ],
)
def test_what_the_receiver_asks_for_is_kept_up_to_an_hour(
    header: str | None, seconds: float
) -> None:
    wait = wait_after(0, CallResponse(status_code=503, retry_after=header), NOW, Random(1))

    assert seconds <= wait.total_seconds() <= max(seconds, 1)
