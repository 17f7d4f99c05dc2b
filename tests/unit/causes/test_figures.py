"""The figures of one cause, counted by hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from firmtrack.answers.causes import CauseState
from firmtrack.causes.cells import Standing
from firmtrack.causes.search import figures_of
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.stages import Stage, Status
from tests.unit.causes.made import NOW, Row, cells_of, failed, request_id

NORTH, SOUTH = {Attribute.CSP_REGION: "North"}, {Attribute.CSP_REGION: "South"}
N61_IN_NORTH = CauseKey.of(
    Status.COMMS_HUB_DELIVERY_FAILED, "N61", [Trait(Attribute.CSP_REGION, "North")]
)
STILL_IN_NORTH = CauseKey.of(Status.SENT_TO_CSP, None, [Trait(Attribute.CSP_REGION, "North")])
HUB, CSP = Stage.DELIVERED_TO_COMMS_HUB, Stage.SENT_TO_CSP

ROWS = [
    failed(7, traits=NORTH, ago=(9.0, 8.0)),
    failed(3, traits=NORTH, ago=(6.0, 5.0), request=2),
    failed(2, "N60", traits=NORTH),
    failed(4, traits=SOUTH, ago=(20.0, 1.0)),
    Row(20, traits=NORTH),
    Row(5, Standing.WAITING, HUB, traits=NORTH),
    Row(6, Standing.WAITING, CSP, traits=NORTH),
    Row(8, Standing.STALLED, CSP, traits=NORTH, ago=(12.0, 11.0)),
    Row(9, Standing.FAILED, Stage.VALIDATED, "E1", traits=NORTH),
    Row(1, Standing.FAILED, Stage.VERIFIED_BY_DEVICE, "8F1C", traits=SOUTH),
    Row(50, traits=SOUTH, request=2),
    Row(30),
]
CELLS = cells_of(ROWS, ages=(21.0, 15.0))


def test_of_failures_those_are_counted_that_came_to_the_step() -> None:
    cause = figures_of(CELLS, N61_IN_NORTH, now=NOW)
    assert cause is not None
    assert (cause.device_count, cause.of_count) == (10, 7 + 3 + 2 + 20 + 5)
    assert (cause.elsewhere_count, cause.elsewhere_of) == (4, 4 + 1 + 50 + 30)
    assert cause.share == pytest.approx(10 / 37)
    assert cause.first_at == NOW - timedelta(days=9)
    assert cause.last_at == NOW - timedelta(days=5)
    assert cause.by_day == ((date(2026, 11, 12), 7), (date(2026, 11, 15), 3))
    assert (cause.request_ids, cause.request_count) == ((request_id(1), request_id(2)), 2)


def test_of_stalls_those_are_counted_that_reached_the_stage_and_of_which_more_is_known() -> None:
    cause = figures_of(CELLS, STILL_IN_NORTH, now=NOW)
    assert cause is not None
    assert (cause.device_count, cause.of_count) == (8, 8 + 7 + 3 + 2 + 20 + 5)
    assert (cause.elsewhere_count, cause.elsewhere_of) == (0, 4 + 1 + 50 + 30)


def test_of_a_request_its_own_are_counted_and_elsewhere_stays_as_it_is() -> None:
    cause = figures_of(CELLS, N61_IN_NORTH, now=NOW, of_request=request_id(2))
    assert cause is not None
    assert (cause.device_count, cause.of_count) == (3, 3)
    assert (cause.elsewhere_count, cause.elsewhere_of) == (4, 85)
    assert cause.first_at == NOW - timedelta(days=6)
    assert cause.by_day == ((date(2026, 11, 15), 3),)
    assert cause.request_ids == (request_id(1), request_id(2))
    assert figures_of(CELLS, STILL_IN_NORTH, now=NOW, of_request=request_id(2)) is None
    assert figures_of(CELLS, N61_IN_NORTH, now=NOW, of_request=request_id(99)) is None


def test_there_are_no_figures_of_what_no_update_is_of() -> None:
    other_reason = replace(N61_IN_NORTH, reason="N18")
    other_value = CauseKey.of(N61_IN_NORTH.status, "N61", [Trait(Attribute.CSP_REGION, "Atlantis")])
    of_nobody = CauseKey.of(N61_IN_NORTH.status, "E1", N61_IN_NORTH.traits)
    for key in (other_reason, other_value, of_nobody):
        assert figures_of(CELLS, key, now=NOW) is None
    assert figures_of(cells_of([], ages=()), N61_IN_NORTH, now=NOW) is None


WAITS = Row(1, Standing.WAITING, CSP, traits=NORTH)


@pytest.mark.parametrize(
    ("days", "also", "state", "is_growing"),
    [
        (0.5, [], CauseState.OPEN, True),
        (1.5, [], CauseState.OPEN, False),
        (2.9, [], CauseState.OPEN, False),
        (3.1, [WAITS], CauseState.QUIET, False),
        (3.1, [replace(WAITS, standing=Standing.STALLED)], CauseState.QUIET, False),
        (3.1, [replace(WAITS, stage=HUB)], CauseState.OVER, False),
        (3.1, [replace(WAITS, traits=SOUTH)], CauseState.OVER, False),
        (3.1, [], CauseState.OVER, False),
    ],
)
def test_failures_are_open_while_some_join_quiet_while_some_may_and_else_over(
    days: float, also: list[Row], state: CauseState, is_growing: bool
) -> None:
    rows = [failed(5, traits=NORTH, ago=(9.0, days)), failed(1, traits=SOUTH, ago=(9.0, 0.0))]
    cause = figures_of(cells_of([*rows, *also]), N61_IN_NORTH, now=NOW)
    assert cause is not None
    assert (cause.state, cause.is_growing) == (state, is_growing)


def test_what_stands_still_is_open_however_long_it_does() -> None:
    cause = figures_of(CELLS, STILL_IN_NORTH, now=NOW)
    assert cause is not None
    assert cause.state is CauseState.OPEN
    assert not cause.is_growing


def test_no_more_than_twenty_requests_are_named_the_most_affected_first() -> None:
    rows = [failed(number, traits=NORTH, request=number) for number in range(1, 26)]
    cause = figures_of(cells_of(rows, ages=[20.0] * 25), N61_IN_NORTH, now=NOW)
    assert cause is not None
    assert cause.request_ids == tuple(request_id(number) for number in range(25, 5, -1))
    assert cause.request_count == 25


def test_what_the_very_same_updates_have_in_common_stands_beside() -> None:
    model = {Attribute.MODEL: "Q4", Attribute.MANUFACTURER: "Quill", Attribute.DEVICE_TYPE: "ESME"}
    other = {Attribute.MODEL: "Q5", Attribute.MANUFACTURER: "Quill", Attribute.DEVICE_TYPE: "GSME"}
    rows = [failed(5, traits=model | NORTH), Row(5, traits=model), Row(5, traits=other | NORTH)]
    key = CauseKey.of(N61_IN_NORTH.status, "N61", [Trait(Attribute.MODEL, "Q4")])
    cause = figures_of(cells_of(rows), key, now=NOW)
    assert cause is not None
    assert cause.also == (Trait(Attribute.DEVICE_TYPE, "ESME"),)
    pair = CauseKey.of(N61_IN_NORTH.status, "N61", [*key.traits, *N61_IN_NORTH.traits])
    cause = figures_of(cells_of(rows), pair, now=NOW)
    assert cause is not None
    assert cause.also == (Trait(Attribute.DEVICE_TYPE, "ESME"),)
