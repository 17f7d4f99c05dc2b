"""What the messages state of devices."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.statements import Fact, Statement, Statements

_METER, _OTHER = Eui64(1), Eui64(2)
_NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)
_A_SECOND = timedelta(seconds=1)
_TOLD = (
    Statement(_METER, None, {"model": "as delivered", "device_status": "Pending"}),
    Statement(_METER, _NOON, {"device_status": "Commissioned", "device_type": "ESME"}),
    Statement(_METER, _NOON + _A_SECOND, {"device_status": "Suspended"}),
)


@pytest.mark.parametrize("told", list(permutations(_TOLD)))
def test_the_latest_word_on_each_fact_counts_in_any_order(told: tuple[Statement, ...]) -> None:
    statements = Statements()
    for statement in told:
        statements.hear(statement)
    assert statements.facts_of(_METER) == {
        "model": Fact("as delivered", None),
        "device_status": Fact("Suspended", _NOON + _A_SECOND),
        "device_type": Fact("ESME", _NOON),
    }


def test_of_what_nobody_names_nothing_is_known() -> None:
    statements = Statements()
    statements.hear(_TOLD[0])
    assert statements.facts_of(_OTHER) == {}
    assert list(statements.devices()) == [_METER]


def test_the_free_second_is_the_first_in_which_none_of_the_devices_was_told_of() -> None:
    statements = Statements()
    for statement in _TOLD:
        statements.hear(statement)
    statements.hear(Statement(_OTHER, _NOON + 2 * _A_SECOND, {"model": "another"}))
    assert statements.free_second([_OTHER], _NOON) == _NOON
    assert statements.free_second([_METER], _NOON) == _NOON + 2 * _A_SECOND
    assert statements.free_second([_METER, _OTHER], _NOON) == _NOON + 3 * _A_SECOND
