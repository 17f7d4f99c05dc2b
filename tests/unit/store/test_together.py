"""Calls of many threads that one call does."""

import threading
from collections.abc import Sequence

import pytest

from firmtrack.store.together import Together


class Doubling:
    """Doubles numbers, waits in its first call until it may go on, and notes what it was given.

    13 is a bad item; at 99 it is interrupted.
    """

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.began = threading.Event()
        self.may_go_on = threading.Event()

    def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.given.append(list(items))
        if len(self.given) == 1:
            self.began.set()
            assert self.may_go_on.wait(60)
        if 13 in items:
            raise ValueError(items)
        if 99 in items:
            raise KeyboardInterrupt(items)
        return [2 * item for item in items]


def patient(doubling: Doubling, most: int) -> Together[int, int]:
    return Together(doubling, most=most, patience_seconds=60)


def in_threads(
    doubling: Doubling, together: Together[int, int], items: Sequence[int]
) -> dict[int, object]:
    """Return of each item its result or error; the first is being done when the others come."""
    results: dict[int, object] = {}

    def call(item: int) -> None:
        try:
            results[item] = together(item)
        except (ValueError, KeyboardInterrupt) as error:
            results[item] = error.args[0]

    threads = [threading.Thread(target=call, args=(item,)) for item in items]
    threads[0].start()
    assert doubling.began.wait(60)
    for number, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(together._waiting) < number:  # its only sign that it waits
            thread.join(0.001)
    doubling.may_go_on.set()
    for thread in threads:
        thread.join(60)
    return results


def test_what_comes_meanwhile_is_done_by_one_call_and_each_gets_its_own_result() -> None:
    doubling = Doubling()
    results = in_threads(doubling, patient(doubling, most=100), [1, 2, 3, 4, 5])
    assert results == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10}
    assert doubling.given == [[1], [2, 3, 4, 5]]


def test_no_call_does_more_than_the_most() -> None:
    doubling = Doubling()
    results = in_threads(doubling, patient(doubling, most=2), [1, 2, 3, 4, 5, 6])
    assert results == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10, 6: 12}
    assert doubling.given == [[1], [2, 3], [4, 5], [6]]


def test_a_bad_item_harms_no_other() -> None:
    doubling = Doubling()
    results = in_threads(doubling, patient(doubling, most=100), [1, 2, 13, 4])
    assert results == {1: 2, 2: 4, 13: [13], 4: 8}
    assert doubling.given == [[1], [2, 13, 4], [2], [13], [4]]


def test_who_need_not_wait_for_what_takes_long_is_done_alone() -> None:
    doubling = Doubling()
    together = Together(doubling, most=100)
    first = threading.Thread(target=together, args=(1,))
    first.start()
    assert doubling.began.wait(60)
    assert together(2) == 4
    assert first.is_alive()
    doubling.may_go_on.set()
    first.join(60)
    assert doubling.given == [[1], [2]]


def test_a_call_alone_raises_what_was_raised() -> None:
    doubling = Doubling()
    doubling.may_go_on.set()
    together = Together(doubling, most=100)
    with pytest.raises(ValueError, match="13"):
        together(13)
    assert together(1) == 2
    assert doubling.given == [[13], [1]]


def test_an_error_that_says_nothing_of_an_item_fails_all_that_were_done_together() -> None:
    doubling = Doubling()
    together = Together(doubling, most=100, patience_seconds=60, all_fail_of=(ValueError,))
    results = in_threads(doubling, together, [1, 2, 13, 4])
    assert results == {1: 2, 2: [2, 13, 4], 13: [2, 13, 4], 4: [2, 13, 4]}
    assert doubling.given == [[1], [2, 13, 4]]


def test_what_an_interrupted_call_left_is_done_by_the_next_but_for_its_own() -> None:
    doubling = Doubling()
    results = in_threads(doubling, patient(doubling, most=100), [1, 99, 2, 3])
    assert results == {1: 2, 99: [99, 2, 3], 2: 4, 3: 6}
    assert doubling.given == [[1], [99, 2, 3], [2, 3]]


def test_after_an_interrupted_call_alone_others_are_done() -> None:
    doubling = Doubling()
    doubling.may_go_on.set()
    together = Together(doubling, most=100)
    with pytest.raises(KeyboardInterrupt):
        together(99)
    assert together(1) == 2
