"""``python -m bench.round [NAME=NUMBER …]``: a national round of updates, simulated by computation.

Prints what is assumed, what waits and for how long when something fails at the busiest, and what
the network carries; an argument changes a number, of these or of bench.sizing. No message is made:
what comes and what is taken are counted in steps of ten seconds.
"""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench import sizing
from bench.round_flow import Flow, flow
from bench.round_traffic import DAY_SECONDS, STEP_SECONDS, Nights, Numbers, arrivals, delays
from bench.sizing import Number

ASSUMED = {
    "requests": Number(400, "requests of the round", "20 million meters, 50,000 in a request"),
    "named": Number(50_000, "devices of a request", "the most that DUIS 5.4 allows"),
    "nights": Number(5, "nights in which requests are sent", "a guess"),
    "hours": Number(4, "hours of such a night, from its beginning", "a guess"),
    "report_hours": Number(
        4, "hours of each night in which all reports of a day come", "a guess on the hard side"
    ),
    "repair": Number(60, "minutes until a machine without a standby is back", "a guess"),
    "seed": Number(1, "the seed of all that is drawn", "a choice"),
}
MEASURED = {
    "failover": Number(
        35, "seconds until a standby has taken over", "tried, see [fail-over](#fail-over)"
    ),
    "election": Number(
        10,
        "seconds until another node leads the stream",
        "[operations](operations.md#servers-of-the-stream)",
    ),
}
_LOOKED_AT_MINUTES = (0, 10, 30, 60, 90, 120, 180)
_AT_ONCE = 100
_STEPS_AN_HOUR = 3_600 // STEP_SECONDS


@dataclass(frozen=True, slots=True)
class Fault:
    """What fails when the busiest hour begins: for how long, and what can be taken meanwhile."""

    name: str
    seconds: float
    share_taken: float
    is_before_stream: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """A round with a fault: how messages flow, and in which steps the fault is."""

    fault: Fault
    flow: Flow
    first_step: int

    @property
    def steps_of_fault(self) -> slice:
        """The steps in which less can be taken."""
        return slice(
            self.first_step, self.first_step + math.ceil(self.fault.seconds / STEP_SECONDS)
        )

    @property
    def most_waiting(self) -> float:
        """How many messages wait at most."""
        return float(self.flow.waiting.max())

    @property
    def caught_up_minutes(self) -> float:
        """How long after the end of the fault nothing waits any more; NaN if it always does."""
        end = self.steps_of_fault.stop
        empty = np.flatnonzero(self.flow.waiting[end - 1 :] < 1)
        return float(empty[0]) * STEP_SECONDS / 60 if len(empty) else math.nan

    def waiting_after(self, minutes: float) -> float:
        """Return how many wait so long after the fault began."""
        return float(self.flow.waiting[self.first_step + round(minutes * 60 / STEP_SECONDS)])


def numbers_of(arguments: Sequence[str]) -> dict[str, float]:
    """Return all numbers by name, those of sizing too, as ``name=number`` changes them.

    Raises ValueError if there is no such number.
    """
    return sizing.numbers_of(arguments, sizing.ASSUMED | sizing.MEASURED | ASSUMED | MEASURED)


def rounds(n: Mapping[str, float]) -> Mapping[str, Nights]:
    """Return the rounds that are compared, by name: as the numbers say, easier, and harder."""
    pressed = Nights(
        requests=int(n["requests"]),
        devices=int(n["named"]),
        nights=int(n["nights"]),
        hours=n["hours"],
        report_hours=n["report_hours"],
    )
    return {
        "reports at any hour": replace(pressed, report_hours=24),
        "as assumed": pressed,
        "all requests in one night": replace(pressed, nights=1),
    }


def faults(n: Mapping[str, float]) -> Sequence[Fault]:
    """Return what fails, one at a time; first nothing."""
    machines = sizing.worker_machines(n)
    repair = n["repair"] * 60
    return (
        Fault("nothing fails", 0, 1),
        Fault(f"one of {machines} worker machines is away", repair, (machines - 1) / machines),
        Fault("the database is away for 10 minutes", 600, 0),
        Fault("a shard’s node is lost, its standby takes over", n["failover"], 0),
        Fault("a shard’s node is lost and has no standby", repair, 0),
        Fault("the stream’s leader is lost", n["election"], 0, is_before_stream=True),
    )


def can_take(n: Mapping[str, float]) -> Mapping[str, float]:
    """Return how many messages a second each part takes, when all of it is there."""
    nodes = sizing.shard_nodes(n)
    looked_up = n["peak_lookups"] / n["lookup_rate"] / nodes
    return {
        "workers": sizing.worker_machines(n) * n["rate"],
        "shards": nodes * sizing.recorded_rate(n) * (1 - looked_up),
    }


def course(come: Numbers, fault: Fault, rate: float) -> Course:
    """Return how a round goes in which a fault begins with its busiest hour."""
    first = busiest_hour(come) * _STEPS_AN_HOUR
    made = Course(fault, Flow(come, come), first)
    within = made.steps_of_fault
    taken = np.full(len(come), float(rate * STEP_SECONDS))
    given = come
    if fault.is_before_stream:
        # Who sends keeps what is not taken, and hands all of it in as soon as it is.
        passed = np.full(len(come), _AT_ONCE * come.max())
        passed[within] = fault.share_taken * come[within]
        given = np.diff(flow(come, passed).taken, prepend=0)
    else:
        taken[within] *= fault.share_taken
    return replace(made, flow=Flow(np.cumsum(come), flow(given, taken).taken))


def busiest_hour(come: Numbers) -> int:
    """Return the number of the hour in which most comes."""
    return int(come.reshape(-1, _STEPS_AN_HOUR).sum(axis=1).argmax())


def document(n: Mapping[str, float]) -> str:
    """Return the tables of docs/scale.md."""
    after = delays(int(n["seed"]))
    messages = n["events"] * n["messages"]
    come = {
        name: arrivals(nights, messages, after, int(n["seed"]))
        for name, nights in rounds(n).items()
    }
    rate = min(can_take(n).values())
    lines = [*_assumptions(n), "", *_rounds(n, come, rate)]
    for name in list(come)[1:]:
        courses = [course(come[name], fault, rate) for fault in faults(n)]
        lines += ["", f"With requests and reports “{name}”:", "", *_faults(courses)]
        if name == "as assumed":
            lines += ["", *_backlog(courses)]
    lines += ["", *_network(n, come["as assumed"], rate)]
    return "\n".join(lines) + "\n"


def _assumptions(n: Mapping[str, float]) -> Iterator[str]:
    yield "| assumed, or measured elsewhere | number | where it comes from |"
    yield "|---|---|---|"
    for name, each in (ASSUMED | MEASURED).items():
        yield f"| `{name}`: {each.what} | {n[name]:,.0f} | {each.source} |"


def _rounds(n: Mapping[str, float], come: Mapping[str, Numbers], rate: float) -> Iterator[str]:
    parts = ", ".join(f"{name} {each:,.0f}" for name, each in can_take(n).items())
    yield (
        "| the round | messages | busiest hour begins | messages a second in it"
        f" | of what can be taken ({parts} a second) |"
    )
    yield "|---|---|---|---|---|"
    for name, each in come.items():
        hour = busiest_hour(each)
        day, of_day = divmod(hour, DAY_SECONDS // 3_600)
        a_second = _hourly(each)
        yield (
            f"| {name} | {each.sum():,.0f} | night {day + 1}, hour {of_day + 1}"
            f" | {a_second:,.0f} | {a_second / rate:.0%} |"
        )


def _hourly(come: Numbers) -> float:
    return float(come.reshape(-1, _STEPS_AN_HOUR).sum(axis=1).max()) / 3_600


def _faults(courses: Sequence[Course]) -> Iterator[str]:
    yield (
        "| what fails as the busiest hour begins | most messages waiting"
        " | longest wait to committed | nothing waits again |"
    )
    yield "|---|---|---|---|"
    for each in courses:
        wait = each.flow.longest_wait_seconds
        caught_up = (
            "–" if each.most_waiting < 1 else f"{each.caught_up_minutes:,.1f} minutes after its end"
        )
        yield (
            f"| {each.fault.name} | {each.most_waiting:,.0f}"
            f" | {f'{wait:,.0f} s' if wait else f'under {STEP_SECONDS} s'} | {caught_up} |"
        )


def _backlog(courses: Sequence[Course]) -> Iterator[str]:
    heads = " | ".join(f"{minutes} minutes" for minutes in _LOOKED_AT_MINUTES)
    yield f"| messages waiting, after the fault began | {heads} |"
    yield "|---" * (len(_LOOKED_AT_MINUTES) + 1) + "|"
    for each in courses:
        if each.most_waiting >= 1:
            waiting = (f"{each.waiting_after(minutes):,.0f}" for minutes in _LOOKED_AT_MINUTES)
            yield f"| {each.fault.name} | {' | '.join(waiting)} |"


def _network(n: Mapping[str, float], come: Numbers, rate: float) -> Iterator[str]:
    yield "| network | octets a message | in the busiest hour | while what waited is taken |"
    yield "|---|---|---|---|"
    for name, octets, _ in sizing.links(n):
        is_after_stream = not name.endswith(("to the stream", "stream’s nodes"))
        catching_up = f"{octets * rate / 1e6:,.1f} MB/s" if is_after_stream else "no more"
        busiest = f"{octets * _hourly(come) / 1e6:,.1f} MB/s"
        yield f"| {name} | {octets:,.0f} | {busiest} | {catching_up} |"


def main() -> None:
    """Print the tables."""
    try:
        sys.stdout.write(document(numbers_of(sys.argv[1:])))
    except ValueError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
