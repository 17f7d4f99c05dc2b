"""Facts that go with their months: prepared beside everybody, then swapped in a moment.

In this order, so that every look-up is true in between, and whoever is killed anywhere leaves
nothing but what the next prune does again: first it is kept from when on facts are kept, so that
what comes late is told apart; then it is found which distributions go; these go device by device,
each with all that is said of it alone, in portions that hold nobody up; then the requests that have
none left; and at last the months themselves, in which by then only what stays is seen, and which
are exchanged for a table of that. Which distributions stay: firmtrack.domain.retention.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, Cursor, Rollback
from psycopg.rows import TupleRow

from firmtrack.domain.activation import CANCELLING
from firmtrack.domain.facts import MessageKind
from firmtrack.errors import FirmtrackError
from firmtrack.store.database import connected, held
from firmtrack.store.known_from import Kind, note_kept_from
from firmtrack.store.ledger.recording import fold_unfolded
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.months import Month, month_of, this_month
from firmtrack.store.numbers import KIND_NUMBERS
from firmtrack.store.retention import statement
from firmtrack.store.retention.swap import (
    Counted,
    Swap,
    wait_for_earlier,
)

_LEAST_DEVICE, _GREATEST_DEVICE = -(1 << 63), (1 << 63) - 1
_ALL_DEVICES = {"first": _LEAST_DEVICE, "last": _GREATEST_DEVICE}
# What goes in a month is found among all that stays: on a large installation a few times as much is
# worth while, and only one prune runs at a time.
_FIND_MEMORY = "SET LOCAL work_mem = '256MB'"
_FOUND_BY = ("going_keep_told", "going_keep_hubs", "going_activations", "going_ties")
# By which most of what is kept is seen to tell nothing of what may go.
_GOING_REQUESTS = """
    SELECT coalesce(array_agg(request_key), '{}') AS request_keys,
        coalesce(array_agg(image_hash) FILTER (WHERE image_hash IS NOT NULL), '{}')
            AS image_hashes,
        coalesce(bool_or(image_hash IS NULL), false) AS is_image_unknown
    FROM request
    WHERE request_key IN (SELECT request_key FROM going_distribution)
"""
# Of all devices: what is as old, and is of no distribution at all.
_REST = (
    "gone_activations", "rest_device_incidents", "rest_request_incidents",
    "rest_comms_hub_incidents",
)  # fmt: skip
# Tables that hold marks and counts of single distributions, and one of those that ended.
_BESIDE = (
    "distribution_history", "stalled_distribution", "stalled_update", "trouble_update",
    "stay_at_hub",
)  # fmt: skip
_LEAVE_BESIDE = """
    DELETE FROM {table} AS t
    USING going_distribution AS g
    WHERE g.device_id BETWEEN %(first)s AND %(last)s
      AND t.device_id = g.device_id AND t.request_key = g.request_key
"""
_PLAN = ("going_distribution", "going_activation", "going_tie")
# Tables that hold counts and marks of requests, and nothing that anybody was told.
_COUNTED = (
    "recorded_request_naming", "cause_count", "cause_due", "cohort", "hub_stay",
    "performance_count", "performance_duration", "stay", "stay_at_hub", "stay_in_progress",
    "wait_limit", "uncounted_request", "stale_request", "standing_due", "stalled_distribution",
    "stalled_update", "trouble_update", "request_standing", "party_incident_device",
    "pruned_distribution",
)  # fmt: skip
_WHOLE_REQUESTS = """
    SELECT request_key
    FROM (
        SELECT request_key, count(*) AS going FROM going_distribution GROUP BY request_key
    ) AS g
    JOIN (
        SELECT request_key, count(*) AS known
        FROM known_distribution
        WHERE request_key = ANY (ARRAY(SELECT DISTINCT request_key FROM going_distribution))
        GROUP BY request_key
    ) AS k USING (request_key)
    WHERE going = known
"""
_HOLD_REQUESTS = """
    SELECT FROM request WHERE request_key = ANY (%(request_keys)s)
    ORDER BY originator, target, counter FOR UPDATE
"""
# Figures are counted anew of requests of which something went.
_MARK_STALE = """
    INSERT INTO stale_request
    SELECT DISTINCT request_key FROM pruned_distribution WHERE kept_from = %(kept_from)s
"""


class NotKeptFrom(FirmtrackError):
    """Facts are kept from the first moment, in UTC, of a month before the present one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsPruned:
    """What went, or would, of what is older than ``kept_from``.

    ``months`` are the beginnings of those that went, the oldest first. ``octets`` are those of
    their files and of what was kept of earlier ones, less what is kept now.
    ``kept_events`` and ``kept_messages`` are as old, and stay.
    """

    kept_from: datetime
    months: tuple[datetime, ...]
    requests: int
    distributions: int
    events: int
    messages: int
    kept_events: int
    kept_messages: int
    octets: int
    seconds: float
    steps: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is done in one transaction, while nobody else may record."""

    devices: int = 2_000
    requests: int = 20


PACE = Pace()


Tell = Callable[[str, float], None]
"""Is told what is done next, and which share of it is done, 0 to 1."""


def prune_facts(
    kept_from: datetime,
    *,
    is_rehearsal: bool,
    pace: Pace = PACE,
    tell: Tell = lambda _step, _share: None,
) -> FactsPruned:
    """Let facts go that are older than a month's beginning; of a rehearsal, say what would go.

    Two at once do it one after the other. Raises NotKeptFrom, and TableInUse if somebody reads or
    writes for minutes without a pause; then what went has gone, and the next prune does the rest.
    """
    month = month_of(kept_from)
    if kept_from != month.begins_at:
        raise NotKeptFrom
    if not is_rehearsal:
        fold_unfolded()
    with (
        connected() as connection,
        held(AdvisoryKey.PRUNING_FACTS),
        held(AdvisoryKey.REREADING),
    ):
        prune = _Prune(connection, month, pace, tell, is_rehearsal=is_rehearsal)
        return prune.rehearse() if is_rehearsal else prune.run()


class _Prune:
    """One prune, on a connection of its own, which is in autocommit."""

    def __init__(
        self,
        connection: Connection[TupleRow],
        month: Month,
        pace: Pace,
        tell: Tell,
        *,
        is_rehearsal: bool,
    ) -> None:
        self._connection = connection
        self._month = month
        self._pace = pace
        self._tell = tell
        self._given = {
            "kept_from": month.begins_at,
            "is_rehearsal": is_rehearsal,
            "command_failure": KIND_NUMBERS[MessageKind.COMMAND_FAILURE],
            "cancelling": CANCELLING,
        }
        self._began = time.perf_counter()
        self._steps: dict[str, float] = {}
        self._distributions = 0
        self._requests = 0
        if month >= this_month(connection):
            raise NotKeptFrom

    def rehearse(self) -> FactsPruned:
        """Find what would go, and count it, in a transaction that leaves nothing."""
        swap = Swap(self._connection, self._month, self._given)
        with self._connection.transaction():
            self._find()
            (self._distributions,) = self._ask("SELECT count(*) FROM going_distribution")
            keys = self._rows(_WHOLE_REQUESTS)
            going = [key for (key,) in keys]
            going += self._going_requests(but=going)
            self._requests = len(going)
            with self._timed("count"):
                for name in ("gone_incidents", *_REST):
                    self._execute(statement(name), {"but": going, **_ALL_DEVICES})
                counted = swap.rehearse(going)
            raise Rollback
        return self._pruned(swap, counted)

    def run(self) -> FactsPruned:
        """Do it all."""
        swap = Swap(self._connection, self._month, self._given)
        self._begin(swap.end)
        with self._timed("find"), self._connection.transaction():
            self._find()
        (total,) = self._ask("SELECT count(*) FROM going_distribution")
        with self._timed("distributions"):
            for portion in self._portions():
                self._tell("distributions", self._distributions / total)
                self._let_devices_go(portion)
        with self._timed("requests"):
            self._let_requests_go()
            self._let_rest_go()
        with self._timed("copy"):
            swap.prepare()
        with self._timed("wait"):
            wait_for_earlier(self._connection)
        with self._timed("swap"):
            counted = swap.swap()
        self._tell("end", 0.0)
        self._end()
        return self._pruned(swap, counted)

    def _begin(self, end: datetime) -> None:
        """Say from when on facts are kept, and have all who record say what of."""
        with self._connection.transaction():
            # What an earlier prune left that was killed.
            left = self._rows("DELETE FROM preparing_prune RETURNING kept_from")
            for each in (*left, (self._month.begins_at,)):
                self._execute(_MARK_STALE, {"kept_from": each[0]})
            self._execute("DELETE FROM touched_fact")
            take(self._connection, AdvisoryKey.ATTRIBUTION)
            self._execute(
                "INSERT INTO preparing_prune (kept_from, began_at) VALUES (%(end)s, now())",
                {"end": end},
            )
            note_kept_from(self._connection, Kind.FACTS, self._month.begins_at)
        with self._timed("wait"):
            wait_for_earlier(self._connection)

    def _find(self) -> None:
        """Find all that goes, by what is said of each, and then by what stays with what stays."""
        self._execute(_FIND_MEMORY)
        for table in _PLAN:
            self._execute(f"DELETE FROM {table}")  # noqa: S608 - of our own names alone
        self._execute(statement("going_find"))
        self._execute("ANALYZE going_distribution")
        named = ("request_keys", "image_hashes", "is_image_unknown")
        going = dict(zip(named, self._ask(_GOING_REQUESTS), strict=True))
        for name in _FOUND_BY:
            self._execute(statement(name), going)
        self._execute("ANALYZE going_activation")
        self._execute("ANALYZE going_tie")
        while self._execute(statement("going_keep_tied")):
            pass
        self._execute("ANALYZE going_distribution")

    def _portions(self) -> Iterator[Mapping[str, int]]:
        first = _LEAST_DEVICE
        while first <= _GREATEST_DEVICE:
            asked = {"first": first, "devices": self._pace.devices}
            (last,) = self._ask(statement("going_next"), asked)
            if last is None:
                return
            yield {"first": first, "last": last}
            first = last + 1

    def _let_devices_go(self, portion: Mapping[str, int]) -> None:
        """Let go what is to go of some devices, all of it at once."""
        with self._connection.transaction():
            take(self._connection, AdvisoryKey.ATTRIBUTION)
            for name in ("going_leave_touched", "gone_loose", "gone_activations", "gone_incidents"):
                self._execute(statement(name), portion)
            for table in _BESIDE:
                self._execute(_LEAVE_BESIDE.format(table=table), portion)
            (gone,) = self._ask(statement("gone_distributions"), portion)
            self._distributions += gone

    def _let_requests_go(self) -> None:
        found = self._going_requests()
        for first in range(0, len(found), self._pace.requests):
            self._tell("requests", first / len(found))
            keys = found[first : first + self._pace.requests]
            with self._connection.transaction():
                self._execute(_HOLD_REQUESTS, {"request_keys": keys})
                take(self._connection, AdvisoryKey.ATTRIBUTION)
                going = self._going_requests(among=keys)
                for table in _COUNTED:
                    named = f"DELETE FROM {table} WHERE request_key = ANY (%(request_keys)s)"  # noqa: S608 - of our own names alone
                    self._execute(named, {"request_keys": going})
                self._requests += self._execute(statement("gone_requests"), {"request_keys": going})

    def _going_requests(
        self, *, among: Sequence[int] | None = None, but: Sequence[int] = ()
    ) -> list[int]:
        asked = {"among": None if among is None else list(among), "but": list(but)}
        return [key for (key,) in self._rows(statement("going_requests"), asked)]

    def _let_rest_go(self) -> None:
        for name in _REST:
            with self._connection.transaction():
                take(self._connection, AdvisoryKey.ATTRIBUTION)
                self._execute(statement(name), {"but": [], **_ALL_DEVICES})

    def _end(self) -> None:
        with self._connection.transaction():
            self._execute("DELETE FROM preparing_prune")
            # No TRUNCATE, for which those would wait who record.
            for table in (*_PLAN, "touched_fact"):
                self._execute(f"DELETE FROM {table}")  # noqa: S608 - of our own names alone
            self._execute(_MARK_STALE)

    def _pruned(self, swap: Swap, counted: Counted) -> FactsPruned:
        return FactsPruned(
            kept_from=self._month.begins_at,
            months=tuple(month.begins_at for month in swap.months),
            requests=self._requests,
            distributions=self._distributions,
            events=counted.events,
            messages=counted.messages,
            kept_events=counted.kept_events,
            kept_messages=counted.kept_messages,
            octets=counted.octets,
            seconds=time.perf_counter() - self._began,
            steps=dict(self._steps),
        )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        self._tell(step, 0.0)
        yield
        self._steps[step] = self._steps.get(step, 0.0) + time.perf_counter() - began

    def _rows(self, text: str | bytes, more: Mapping[str, Any] | None = None) -> list[TupleRow]:
        return self._cursor(text, more).fetchall()

    def _ask(self, text: str | bytes, more: Mapping[str, Any] | None = None) -> TupleRow:
        return _row(self._cursor(text, more).fetchone())

    def _execute(self, text: str | bytes, more: Mapping[str, Any] | None = None) -> int:
        """Execute a statement, and return how many rows it touched."""
        return self._cursor(text, more).rowcount

    def _cursor(self, text: str | bytes, more: Mapping[str, Any] | None) -> Cursor[TupleRow]:
        encoded = text.encode() if isinstance(text, str) else text
        given = {**self._given, **(more or {})} if b"%(" in encoded else None
        return self._connection.execute(encoded, given)


def _row(row: TupleRow | None) -> TupleRow:
    assert row is not None
    return row
