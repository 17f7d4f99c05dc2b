"""What the process does that reads for a worker: it reads, judges, records, and keeps outcomes."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import parent_process

import psycopg
from msgspec import Struct

from firmtrack.domain.facts import Message
from firmtrack.errors import FirmtrackError
from firmtrack.intake.reading import Ignored, Reading, read_envelopes
from firmtrack.intake.receive import (
    NOT_RECORDABLE,
    Outcome,
    OutcomeKind,
    Submitter,
    reading_rules,
    settle,
)
from firmtrack.measures.table import OTHER
from firmtrack.store import database
from firmtrack.store.ledger.recording import NotRecordable
from firmtrack.stream import outcomes
from firmtrack.stream.arrivals import MISSING_BODY, Arrival
from firmtrack.stream.garbage import collect_seldom
from firmtrack.stream.outcomes import KeptOutcome

_KNOWN = (OutcomeKind.RECORDED, OutcomeKind.DUPLICATE)


class DatabaseFailed(FirmtrackError):
    """The database, and not what was to be recorded, is the trouble."""


class Settled(Struct, frozen=True):
    """What became of a message; ``kind`` is the label by which it is counted."""

    outcome: OutcomeKind
    kind: str = OTHER
    events: int = 0


class _Process:
    """What lives as long as the process does."""

    held = ExitStack()


def start_process(conninfo: str) -> None:
    """Have this process record in the database; it ends with its parent, and by no signal."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a terminal sends it to all: we are told
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_seldom()
    database.use(conninfo)
    _Process.held.enter_context(database.watched())


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def ask_database() -> None:
    """Return if the database answers. Raises DatabaseFailed."""
    try:
        with database.pool().connection() as connection:
            connection.execute("SELECT")
    except psycopg.Error as error:
        raise _failed(error) from None


def give_sign(worker: outcomes.WorkerSign) -> None:
    """Give the worker's sign of life. Raises DatabaseFailed."""
    try:
        outcomes.give_sign(worker)
    except psycopg.Error as error:
        raise _failed(error) from None


def tidy() -> None:
    """Forget outcomes that are old, and have months to record in. Raises DatabaseFailed."""
    try:
        outcomes.tidy()
    except psycopg.Error as error:
        raise _failed(error) from None


def leave(worker: outcomes.WorkerSign) -> None:
    """Say that the worker runs no more. Raises DatabaseFailed."""
    try:
        outcomes.leave(worker)
    except psycopg.Error as error:
        raise _failed(error) from None


def settle_here(arrivals: Sequence[Arrival]) -> list[Settled]:
    """Return what became of the messages, in their order; what that tells is committed.

    One transaction for what each submitter handed in. Raises DatabaseFailed; then any of them may
    be recorded, and to take all again completes the rest.
    """
    rules = reading_rules()
    readings = [
        each.refused or read_envelopes([each.envelope], rules, taken_at=each.taken_at)[0]
        for each in arrivals
    ]
    settled: dict[int, Settled] = {}
    try:
        for places in _by_submitter(arrivals):
            some = [arrivals[place] for place in places]
            read = [readings[place] for place in places]
            settled.update(zip(places, _settle(some, read), strict=True))
    except Exception as error:  # which of them are the database's it knows
        if database.is_failure(error):
            raise _failed(error) from None
        raise
    return [settled[place] for place in range(len(arrivals))]


def _by_submitter(arrivals: Sequence[Arrival]) -> Iterator[list[int]]:
    """Yield the places of the arrivals of each submitter."""
    places: dict[tuple[str | None, str | None], list[int]] = {}
    for place, each in enumerate(arrivals):
        places.setdefault((each.submitter, each.token), []).append(place)
    yield from places.values()


def submitter_of(arrival: Arrival) -> Submitter:
    """Return who handed it in: the operator, or who did by the API, which asked for their right."""
    if arrival.submitter is None:
        return Submitter.operator()
    return Submitter(
        arrival.submitter, user_ids=frozenset(), may_submit_all=True, token=arrival.token
    )


def _settle(arrivals: Sequence[Arrival], readings: Sequence[Reading]) -> list[Settled]:
    found = _recorded(arrivals, readings)
    told = [
        KeptOutcome.of(arrival.message_id, arrival.submitter, outcome, _ignored_kind(reading))
        for arrival, reading, outcome in zip(arrivals, readings, found, strict=True)
        if arrival.message_id is not None
        and arrival.submitter is not None
        and outcome.outcome is not OutcomeKind.RECORDED
    ]
    if told:
        outcomes.keep(told)
    return [
        Settled(outcome.outcome, _kind(reading, outcome), outcome.events)
        for reading, outcome in zip(readings, found, strict=True)
    ]


def _recorded(arrivals: Sequence[Arrival], readings: Sequence[Reading]) -> list[Outcome]:
    """Return the outcomes; what makes recording itself fail is put into quarantine, alone."""
    envelopes = [each.envelope for each in arrivals]
    submitter = submitter_of(arrivals[0])
    if len(arrivals) == 1 and readings[0] == MISSING_BODY and _was_settled(arrivals[0]):
        return [Outcome(outcome=OutcomeKind.DUPLICATE, message_id=arrivals[0].message_id)]
    try:
        return settle(envelopes, readings, submitter)
    except psycopg.Error:  # either it is away, or it is not as it must be: nobody's message's fault
        raise
    except Exception as error:  # whatever it is, it is of one of these messages
        if len(arrivals) > 1:
            middle = len(arrivals) // 2
            return [
                *_recorded(arrivals[:middle], readings[:middle]),
                *_recorded(arrivals[middle:], readings[middle:]),
            ]
        if isinstance(error, NotRecordable):
            raise
        return settle(envelopes, [NOT_RECORDABLE], submitter)


def _was_settled(arrival: Arrival) -> bool:
    """Return whether it was recorded before: its body was removed after that."""
    if arrival.message_id is None or arrival.submitter is None:
        return False
    return outcomes.find(arrival.message_id, arrival.submitter) is not None


def _ignored_kind(reading: Reading) -> str | None:
    return reading.kind if isinstance(reading, Ignored) else None


def _kind(reading: Reading, outcome: Outcome) -> str:
    if outcome.outcome in _KNOWN and isinstance(reading, Message):
        return reading.kind
    return OTHER


def _failed(error: BaseException) -> DatabaseFailed:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DatabaseFailed(lines[0][:500])
