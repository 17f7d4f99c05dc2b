"""A prune: each kind of record, in an order in which whatever is shown meanwhile is true.

It may be killed at any moment. What was done stays done, and to prune again does the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.pruning import Ended, PruneReport, What
from firmtrack.errors import FirmtrackError
from firmtrack.store.database import connected, held
from firmtrack.store.known_from import Kind, month_before, note_kept_from
from firmtrack.store.locks import AdvisoryKey
from firmtrack.store.retention import leftovers, notices, quarantine
from firmtrack.store.retention.bodies import prune_bodies
from firmtrack.store.retention.ends import Ending, end_rows
from firmtrack.store.retention.facts import FactsPruned, prune_facts
from firmtrack.store.retention.records import prune_records

Tell = Callable[[What, float], None]
"""Is told what is being done, and which share of it is, 0 to 1."""


class PruneRuns(FirmtrackError):
    """Another prune is running: this one did nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """For how many whole months before the present one each kind is kept."""

    facts: int
    bodies: int
    lookups: int
    notices: int
    quarantine: int

    def kept_from(self, now: datetime) -> Mapping[Kind, datetime]:
        """Return the moments from which on each kind is kept."""
        months = {
            Kind.FACTS: self.facts,
            Kind.BODIES: self.bodies,
            Kind.LOOKUPS: self.lookups,
            Kind.ACTS: self.lookups,
            Kind.NOTICES: self.notices,
            Kind.QUARANTINE: self.quarantine,
        }
        return {kind: month_before(now, count) for kind, count in months.items()}


def prune(
    lives: Lives,
    *,
    is_rehearsal: bool,
    tell: Tell = lambda _what, _share: None,
    begun: Callable[[Mapping[Kind, datetime]], None] = lambda _: None,
) -> PruneReport:
    """Let go what is older than it is to live, and return what went; of a rehearsal, what would.

    ``begun`` is called before anything goes, with the moment from which on each kind is to be kept.
    Raises PruneRuns, TableInUse.
    """
    with connected() as connection, held(AdvisoryKey.PRUNING, waits=False) as is_ours:
        if not is_ours:
            raise PruneRuns
        work = _Prune(connection, lives, tell, is_rehearsal=is_rehearsal)
        begun(work.kept_from)
        return work.report()


class _Prune:
    """One prune, on a connection of its own."""

    def __init__(
        self, connection: Connection[TupleRow], lives: Lives, tell: Tell, *, is_rehearsal: bool
    ) -> None:
        self._connection = connection
        self._lives = lives
        self._is_rehearsal = is_rehearsal
        self._tell = tell
        self._began_at = datetime.now(UTC)
        self.kept_from = lives.kept_from(self._began_at)

    def report(self) -> PruneReport:
        ended = [*self._facts(), *self._bodies(), *self._records(), *self._rows()]
        return PruneReport(
            began_at=self._began_at,
            ended_at=datetime.now(UTC),
            is_rehearsal=self._is_rehearsal,
            ended=tuple(_added_up(ended)),
        )

    def _facts(self) -> list[Ended]:
        kept_from = self.kept_from[Kind.FACTS]
        self._tell(What.UPDATES, 0.0)
        would = prune_facts(kept_from, is_rehearsal=True)
        ended = _ended_of(would)
        # Of a store that has nothing so old, nothing is to be said.
        if not self._is_rehearsal and any(each.rows for each in ended):
            self._tell(What.EVENTS, 0.0)
            ended = _ended_of(prune_facts(kept_from, is_rehearsal=False))
        return [*ended, *self._end(leftovers.OF_FACTS, None, kept_from)]

    def _bodies(self) -> list[Ended]:
        # Where they are to live as long as their messages, they go with these.
        if self._lives.bodies >= self._lives.facts:
            return []
        return [
            prune_bodies(
                self._connection,
                self.kept_from[Kind.BODIES],
                is_rehearsal=self._is_rehearsal,
                tell=lambda share: self._tell(What.BODIES, share),
            )
        ]

    def _records(self) -> list[Ended]:
        ended = []
        for kind, what in ((Kind.LOOKUPS, What.LOOKUPS), (Kind.ACTS, What.ACTS)):
            self._tell(what, 0.0)
            ended.append(
                prune_records(
                    self._connection, kind, self.kept_from[kind], is_rehearsal=self._is_rehearsal
                )
            )
        return ended

    def _rows(self) -> list[Ended]:
        return [
            *self._end(notices.ENDINGS, Kind.NOTICES, self.kept_from[Kind.NOTICES]),
            *self._end(quarantine.ENDINGS, Kind.QUARANTINE, self.kept_from[Kind.QUARANTINE]),
            *self._end(leftovers.OF_SIGN_INS, None, None),
        ]

    def _end(
        self, endings: Sequence[Ending], kind: Kind | None, before: datetime | None
    ) -> list[Ended]:
        return [each for ending in endings for each in self._end_one(ending, kind, before)]

    def _end_one(self, ending: Ending, kind: Kind | None, before: datetime | None) -> list[Ended]:
        given = {"before": before}
        would = end_rows(self._connection, ending, given, is_rehearsal=True)
        if self._is_rehearsal or not would[0].rows:
            return would
        if kind is not None and before is not None:
            # Before it, so that nothing is gone of which that is not said.
            note_kept_from(self._connection, kind, before)
        return end_rows(
            self._connection,
            ending,
            given,
            is_rehearsal=False,
            tell=lambda share: self._tell(ending.what, share),
        )


def _ended_of(facts: FactsPruned) -> list[Ended]:
    """Return what went of facts, each kind of record by itself; the octets are of all together."""
    counts = (
        (What.REQUESTS, facts.requests, 0),
        (What.UPDATES, facts.distributions, 0),
        (What.EVENTS, facts.events, facts.kept_events),
        (What.MESSAGES, facts.messages, facts.kept_messages),
    )
    goes = any(rows for _, rows, _ in counts)
    return [
        Ended(
            what=what,
            kept_from=facts.kept_from,
            rows=rows,
            octets=max(0, facts.octets) if goes and what is What.EVENTS else 0,
            months=facts.months if goes and what is What.EVENTS else (),
            stays=stays,
        )
        for what, rows, stays in counts
    ]


def _added_up(ended: Sequence[Ended]) -> list[Ended]:
    """Return one of each kind of record, in the order of these."""
    found: dict[What, Ended] = {}
    for each in ended:
        before = found.get(each.what)
        found[each.what] = each if before is None else before.with_more(each)
    return sorted(found.values(), key=lambda each: list(What).index(each.what))
