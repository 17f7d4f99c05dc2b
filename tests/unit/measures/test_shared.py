"""Numbers that several processes count, of which some are killed."""

import os
import signal
from collections.abc import Callable
from threading import Thread

from firmtrack.measures.shared import Measures, Series
from firmtrack.measures.table import OTHER, Form, Measure

CALLS = Measure("calls", Form.COUNTER, "Calls.", (("kind", ("a", OTHER)),))
SECONDS = Measure("seconds", Form.HISTOGRAM, "Seconds.", bounds=(0.1, 1.0))
HELD = Measure("held", Form.GAUGE, "Held.")
TABLE = (CALLS, SECONDS, HELD)


def forked(work: Callable[[], object]) -> tuple[int, int]:
    """Start a process that works, says so, and stays; return its ID, and what lets it go on."""
    reader, writer = os.pipe()
    said, says = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        work()
        os.write(says, b".")
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    assert os.read(said, 1) == b"."
    return pid, writer


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def number_of(measures: Measures, measure: Measure, *labels: str) -> float:
    return next(each.numbers[0] for each in measures.series(measure) if each.labels == labels)


def test_what_several_processes_count_is_summed_up_and_outlives_them() -> None:
    measures = Measures(TABLE, places=4)
    measures.count(CALLS, "a")  # so that those that are forked must look for places of their own
    pids = [forked(lambda: measures.count(CALLS, "a", by=2))[0] for _ in range(3)]

    assert number_of(measures, CALLS, "a") == 7
    assert measures.processes() == 4
    for pid in pids:
        killed(pid)

    assert number_of(measures, CALLS, "a") == 7
    assert measures.processes() == 1


def test_a_gauge_is_of_those_that_live() -> None:
    measures = Measures(TABLE, places=4)
    first, _ = forked(lambda: measures.set(HELD, to=5))
    second, _ = forked(lambda: measures.set(HELD, to=3))
    assert number_of(measures, HELD) == 8

    killed(first)
    assert number_of(measures, HELD) == 3
    follower, _ = forked(lambda: measures.count(CALLS, "a"))  # in the place of the first

    assert number_of(measures, HELD) == 3
    killed(second)
    killed(follower)


def test_places_are_used_again_however_many_processes_there_were() -> None:
    measures = Measures(TABLE, places=2)
    for _ in range(20):
        killed(forked(lambda: measures.count(CALLS, "a"))[0])

    assert number_of(measures, CALLS, "a") == 20


def test_threads_lose_no_count() -> None:
    measures = Measures(TABLE, places=2)

    def count() -> None:
        for _ in range(5_000):
            measures.count(CALLS, "a")

    threads = [Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert number_of(measures, CALLS, "a") == 40_000


def test_a_histogram_counts_each_below_the_first_bound_that_it_does_not_exceed() -> None:
    measures = Measures(TABLE, places=2)
    for seconds in (0.05, 0.1, 0.5, 2.0):
        measures.observe(SECONDS, seconds=seconds)

    assert list(measures.series(SECONDS)) == [Series((), [2.0, 1.0, 1.0, 2.65])]


def test_a_value_of_a_label_that_is_not_in_the_table_makes_no_series_of_its_own() -> None:
    measures = Measures(TABLE, places=2)
    before = len(list(measures.series(CALLS)))

    measures.count(CALLS, "whatever a visitor sends")

    assert number_of(measures, CALLS, OTHER) == 1
    assert len(list(measures.series(CALLS))) == before
