"""What was known at a moment: of a device, beside what is known now; of a request of 50,000."""

from functools import partial
from random import Random

from bench.figures import Figure, at_most
from bench.reads import (
    READS,
    check,
    csv,
    csv_as_of,
    large_device,
    large_device_as_of,
    named,
    some_device,
    some_device_as_of,
)
from bench.run import Run
from bench.stores import filled_store
from bench.timing import in_turns, median_ratio, medians, usual_seconds


def measure(run: Run) -> list[Figure]:
    """Return how much slower a device's past is, and how long a request's takes."""
    events = run.sized(1_000_000, least=6_000)
    chance = Random(9)  # reproducible, not secret
    figures = []
    with filled_store(run, events) as store:
        check(store)
        for whose, now, then in (
            ("another request", some_device, some_device_as_of),
            ("the large request", large_device, large_device_as_of),
        ):
            pairs = in_turns(partial(then, store, chance), partial(now, store, chance))
            before, present = (seconds * 1_000 for seconds in medians(pairs))
            figures.append(
                Figure(
                    named(f"look-up as_of of a device in {whose}, {events:,} events", store),
                    "its present look-up",
                    at_most(1.5),
                    median_ratio(pairs),
                    unit="times",
                    beside=f"{before:.2f} and {present:.2f} ms",
                )
            )
        for name, reach in (
            ("first page as_of of the large request", at_most(300)),
            ("counts as_of of the large request", at_most(1_000)),
        ):
            read = READS[name]
            read(store, chance)
            taken = usual_seconds(partial(read, store, chance), within_seconds=run.seconds(6))
            figures.append(
                Figure(
                    named(f"{name}, {events:,} events", store),
                    "–",
                    reach,
                    taken * 1_000,
                    unit="ms",
                )
            )
        pairs = in_turns(partial(csv_as_of, store, chance), partial(csv, store, chance), rounds=1)
    before, present = medians(pairs)
    figures.append(
        Figure(
            named(f"CSV as_of of the large request, {events:,} events", store),
            "its present CSV",
            None,
            median_ratio(pairs),
            unit="times",
            beside=f"{before:.2f} and {present:.2f} s",
        )
    )
    return figures
