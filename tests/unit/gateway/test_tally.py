"""How calls are counted: so many at once, then as they are given back, by all processes."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.gateway import quotas
from firmtrack.gateway.seldom import Seldom
from firmtrack.gateway.tally import Quota, Tally

_SECOND = 1_000_000_000
_QUOTA = Quota("token", 60)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 5 * _SECOND

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += int(seconds * _SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_whole_quota_may_be_spent_at_once_and_no_more(clock: Clock) -> None:
    tally = Tally(clock=clock)
    standings = [tally.spend(_QUOTA, b"ada") for _ in range(61)]
    assert [each.left for each in standings] == [*range(59, -1, -1), 0]
    assert [each.is_within for each in standings] == [True] * 60 + [False]
    assert standings[-1].restored_seconds == 1


def test_calls_are_given_back_one_by_one(clock: Clock) -> None:
    tally = Tally(clock=clock)
    for _ in range(60):
        tally.spend(_QUOTA, b"ada")
    clock.pass_seconds(0.9)
    assert not tally.spend(_QUOTA, b"ada").is_within
    clock.pass_seconds(0.1)
    assert tally.spend(_QUOTA, b"ada").is_within
    assert not tally.spend(_QUOTA, b"ada").is_within
    clock.pass_seconds(60)
    assert tally.spend(_QUOTA, b"ada").left == 59


def test_what_is_refused_does_not_count(clock: Clock) -> None:
    tally, slow = Tally(clock=clock), Quota("address", 1, window_seconds=600)
    assert tally.spend(slow, b"ada").is_within
    for _ in range(100):
        assert tally.spend(slow, b"ada").restored_seconds == 600
    clock.pass_seconds(600)
    assert tally.spend(slow, b"ada").is_within


def test_keys_and_quotas_count_each_for_itself(clock: Clock) -> None:
    tally, once = Tally(clock=clock), Quota("once", 1)
    assert tally.spend(once, b"ada").is_within
    assert tally.spend(once, b"ben").is_within
    assert tally.spend(Quota("twice", 1), b"ada").is_within
    assert not tally.spend(once, b"ada").is_within


@given(st.integers(1, 10_000_000), st.integers(1, 86_400))
def test_any_quota_is_that_many_calls_and_not_one_more(calls: int, window_seconds: int) -> None:
    quota = Quota("any", calls, window_seconds)
    clock = Clock()
    tally = Tally(1, clock)
    first = tally.spend(quota, b"")
    assert (first.is_within, first.left) == (True, calls - 1)
    assert 1 <= first.restored_seconds <= window_seconds
    clock.now += first.restored_seconds * _SECOND
    assert tally.spend(quota, b"").left == calls - 1


def test_of_more_keys_than_there_is_room_for_the_least_spent_is_forgotten(clock: Clock) -> None:
    tally = Tally(1, clock)
    for _ in range(60):
        tally.spend(_QUOTA, b"flood")
    for number in range(1_000):
        tally.spend(_QUOTA, b"%d" % number)
    assert not tally.spend(_QUOTA, b"flood").is_within
    assert tally.spend(_QUOTA, b"0").left == 59


def test_the_memory_is_the_same_whatever_was_counted(clock: Clock) -> None:
    tally = Tally(4, clock)
    before = tally._words.nbytes
    for number in range(1_000):
        tally.spend(_QUOTA, b"%d" % number)
    assert tally._words.nbytes == before == 4 * 64


def test_a_time_that_another_wrote_into_the_place_shuts_nobody_out_for_longer(clock: Clock) -> None:
    tally = Tally(1, clock)
    tally.spend(Quota("year", 1, window_seconds=31_536_000), b"")
    tally.spend(_QUOTA, b"ada")
    for way in range(4):
        tally._words[4 + way] = 2**64 - 1
    assert tally.spend(_QUOTA, b"ada").restored_seconds == 1


def test_processes_that_were_forked_after_have_one_count() -> None:
    """Each counts for its own key and for one of all, of which few may be lost."""
    tally, quota = Tally(), Quota("all", 100_000, window_seconds=86_400)
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            for _ in range(2_000):
                tally.spend(quota, b"%d" % number)
            tally.spend(quota, b"all")
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert [tally.spend(quota, b"%d" % number).left for number in range(4)] == [97_999] * 4
    assert 99_995 <= tally.spend(quota, b"all").left <= 99_998


def test_of_a_name_is_told_once_an_hour_and_of_few_names(clock: Clock) -> None:
    seldom = Seldom(clock)
    assert [seldom.is_due("evil.example") for _ in range(3)] == [True, False, False]
    assert sum(seldom.is_due(f"{number}.example") for number in range(1_000)) == 9
    clock.pass_seconds(3600)
    assert seldom.is_due("evil.example")


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    quotas.TALLY.forget()
    lefts = []
    for address in ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1", "10.0.0.1", "", "odd:one"):
        counted = quotas.count_address(address, 10)
        assert counted is not None
        lefts.append(counted.standing.left)
    quotas.TALLY.forget()
    assert lefts == [9, 8, 9, 9, 9, 9]


def test_the_headers_say_the_quota_how_it_stands_and_when_to_come_again() -> None:
    quotas.TALLY.forget()
    counted = quotas.count_failure("10.0.0.1", 10)
    assert counted is not None
    assert quotas.headers_of(counted) == {
        "RateLimit-Policy": '"failures";q=1;w=60',
        "RateLimit": '"failures";r=0;t=60',
    }
    counted = quotas.count_failure("10.0.0.1", 10)
    quotas.TALLY.forget()
    assert counted is not None
    assert quotas.headers_of(counted)["Retry-After"] == "60"
    assert quotas.count_address("10.0.0.1", None) is None
