"""Which counts over several parties may be shown, and what of the time of another's message."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.disclosure import FEWEST_DISTRIBUTIONS, FEWEST_USERS, day_of, may_show
from firmtrack.domain.identifiers import Eui64

counts_by_user = st.dictionaries(st.integers(0, 9).map(Eui64), st.integers(0, 200))


def users(*counts: int) -> dict[Eui64, int]:
    return {Eui64(number): count for number, count in enumerate(counts)}


def test_nobody_is_no_crowd() -> None:
    assert not may_show({})


def test_a_crowd_is_shown() -> None:
    assert may_show(users(20, 20, 20, 20, 20))


def test_too_few_distributions_are_not_shown() -> None:
    assert not may_show(users(20, 20, 20, 20, 19))


def test_too_few_users_are_not_shown_nor_those_who_only_have_a_name() -> None:
    assert not may_show(users(250, 250, 250, 250))
    assert not may_show(users(250, 250, 250, 250, 0))


def test_users_beside_one_who_has_nearly_all_are_not_shown() -> None:
    assert may_show(users(100, 25, 25, 25, 25))
    assert not may_show(users(101, 25, 25, 25, 25))


@given(counts_by_user)
def test_what_is_shown_is_at_least_half_others_than_any_one_of_them(
    others: dict[Eui64, int],
) -> None:
    if may_show(others):
        total = sum(others.values())
        assert total >= FEWEST_DISTRIBUTIONS
        assert len(others) >= FEWEST_USERS
        assert all(2 * (total - count) >= total for count in others.values())


def test_of_a_time_the_day_in_utc_is_left() -> None:
    late = datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    assert day_of(late) == datetime(2026, 6, 30, tzinfo=UTC)
    assert day_of(None) is None
