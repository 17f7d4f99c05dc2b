"""Reproducible chance: named streams of random numbers, and decks that are dealt out fairly."""

import math
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Generic, TypeVar

Card = TypeVar("Card")


def stream(seed: int, *names: str | int) -> random.Random:
    """Return the random numbers that belong to ``seed`` and ``names``, the same every time.

    Each subject has a stream of its own, so a change in one leaves the others as they were.
    """
    # Not for secrets: the simulated keys are public by intention.
    return random.Random("/".join(map(str, (seed, *names))))  # noqa: S311 reproducible, not secret


def dealt(shares: Mapping[Card, float], count: int, chance: random.Random) -> list[Card]:
    """Return ``count`` cards in random order, each as often as its share of the total says.

    What is certain is dealt, not drawn: a card due at least once is there, whatever the seed.
    Only the fractions left over are drawn.
    """
    total = sum(shares.values())
    due = {card: share / total * count for card, share in shares.items()}
    cards = [card for card, number in due.items() for _ in range(math.floor(number))]
    missing = count - len(cards)
    if missing > 0:
        fractions = [number - math.floor(number) for number in due.values()]
        if not any(fractions):
            fractions = list(shares.values())
        cards += chance.choices(list(due), weights=fractions, k=missing)
    chance.shuffle(cards)
    return cards


class Deck(Generic[Card]):
    """Cards without end: of each ``size`` in a row every card has its share, as if dealt."""

    def __init__(self, shares: Mapping[Card, float], size: int, chance: random.Random) -> None:
        self._shares = shares
        self._size = size
        self._chance = chance
        self._cards: list[Card] = []

    def draw(self) -> Card:
        """Return the next card."""
        if not self._cards:
            self._cards = dealt(self._shares, self._size, self._chance)
        return self._cards.pop()


def duration(median_hours: float, spread: float, chance: random.Random) -> timedelta:
    """Return a log-normal duration of whole seconds, at least one.

    ``spread`` is the standard deviation of its logarithm: 0.5 is usual, 1 is wild.
    """
    hours = median_hours * math.exp(chance.gauss(0, spread))
    return timedelta(seconds=max(1, round(hours * 3600)))
