"""Chance that can be repeated, and decks that leave nothing to it."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.simulator.chance import Deck, dealt, duration, stream


def test_a_stream_is_the_same_every_time_and_another_for_each_name_and_seed() -> None:
    drawn = [
        stream(seed, *names).random()
        for seed, names in [(1, ("a",)), (1, ("a",)), (2, ("a",)), (1, ("a", 1)), (1, ("b",))]
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 4


@given(
    shares=st.dictionaries(st.integers(), st.floats(0.001, 1), min_size=1, max_size=8),
    count=st.integers(0, 300),
    seed=st.integers(),
)
def test_every_card_is_dealt_as_often_as_its_share_or_more(
    shares: dict[int, float], count: int, seed: int
) -> None:
    cards = dealt(shares, count, Random(seed))
    assert len(cards) == count
    total = sum(shares.values())
    numbers = Counter(cards)
    assert all(numbers[card] >= int(share / total * count) for card, share in shares.items())


def test_a_deck_is_shuffled() -> None:
    cards = dealt({"a": 1, "b": 1}, 40, Random(1))
    assert cards != sorted(cards)


def test_every_hand_of_an_endless_deck_has_each_card_by_its_share() -> None:
    deck = Deck({"a": 3, "b": 1}, 4, Random(1))
    hands = [tuple(deck.draw() for _ in range(4)) for _ in range(20)]
    assert all(sorted(hand) == ["a", "a", "a", "b"] for hand in hands)
    assert len(set(hands)) > 1


@pytest.mark.parametrize("median_hours", [0.0000001, 1, 26])
def test_durations_are_whole_seconds_around_their_median_and_never_nothing(
    median_hours: float,
) -> None:
    chance = Random(5)
    durations = sorted(duration(median_hours, 0.5, chance) for _ in range(999))
    assert durations[0].total_seconds() >= 1
    assert all(one.microseconds == 0 for one in durations)
    expected = max(1.0, median_hours * 3600)
    assert durations[499].total_seconds() == pytest.approx(expected, rel=0.1)
