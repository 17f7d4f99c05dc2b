"""Is it only me? How other devices fare that have something in common with one device's update."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.peers import (
    PeerGroup,
    PeerGroupKind,
    PeersAnswer,
    PeerScope,
    PeersQuestion,
)
from firmtrack.domain.disclosure import may_show
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import CompletionStatus
from firmtrack.domain.viewer import Viewer
from firmtrack.store.known_from import Kind, kept_from_of
from firmtrack.store.numbers import eui_of, request_parts, to_bigint
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.replica import look_up
from firmtrack.store.reports import rows_of
from firmtrack.store.reports.last_counts import CountedFigures, last_count

_GREAT_BRITAIN = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class _OwnRow:
    """How many of the updates that the viewer may see stand so."""

    completion: str
    count: int


@dataclass(frozen=True, slots=True)
class _UserRow:
    """How many of a User's updates stand so."""

    originator: int
    completion: str
    count: int


@look_up
def count_peers(
    connection: Connection[TupleRow], viewer: Viewer, about: PeersQuestion
) -> PeersAnswer:
    """Return how others fare beside a device's update, which the viewer may see.

    Only counts: nothing shows whose the others are. The two wider groups are read from figures that
    are counted in the background; the answer says how old they are.
    """
    counted = last_count(connection, CountedFigures.PERFORMANCE)  # before what it is of
    counting = _Counting(connection, viewer, about)
    return PeersAnswer(
        device_id=about.device_id,
        request_id=about.request_id,
        firmware_version=about.firmware_version,
        day=counting.day,
        facts=about.facts,
        groups=tuple(counting.groups()),
        counted=counted,
        kept_from=kept_from_of(connection).get(Kind.FACTS),
    )


class _Counting:
    """The counts beside one update, each of one statement."""

    def __init__(
        self, connection: Connection[TupleRow], viewer: Viewer, about: PeersQuestion
    ) -> None:
        self._connection = connection
        self._viewer = viewer
        self._about = about
        self.day = _day_of(about.submitted_at)

    def groups(self) -> Iterable[PeerGroup]:
        """Return the groups of which it is known what they have in common, the narrowest first."""
        about, facts = self._about, self._about.facts
        if facts is not None and facts.comms_hub_id is not None:
            yield self._on_hub()
        yield self._in_request()
        if facts is not None and about.firmware_version and facts.manufacturer and facts.model:
            yield self._of_all(
                PeerGroupKind.MODEL_AND_VERSION,
                "peers_of_model",
                {
                    "firmware_version": about.firmware_version,
                    "manufacturer": facts.manufacturer,
                    "model": facts.model,
                },
            )
        if facts is not None and facts.csp_region:
            last = self.day == date.max
            yield self._of_all(
                PeerGroupKind.REGION_AND_DAY,
                "peers_of_day",
                {
                    "csp_region": facts.csp_region,
                    "first_at": _midnight(self.day),
                    "end_at": None if last else _midnight(self.day + timedelta(days=1)),
                },
            )

    def _on_hub(self) -> PeerGroup:
        """Count on one hub: it is one home, so never another party's updates."""
        device_ids = (self._about.device_id, *self._about.hub_device_ids)
        ids = [to_bigint(each) for each in device_ids]
        asked = asked_by(self._viewer) | {"device_ids": ids}
        return self._of_own(PeerGroupKind.COMMS_HUB, "peers_on_hub", asked)

    def _in_request(self) -> PeerGroup:
        originator, target, counter = request_parts(self._about.request_id)
        asked = {"originator": originator, "target": target, "counter": counter}
        return self._of_own(PeerGroupKind.SERVICE_REQUEST, "peers_in_request", asked)

    def _of_own(self, kind: PeerGroupKind, name: str, asked: Mapping[str, object]) -> PeerGroup:
        rows = rows_of(self._connection, _OwnRow, name, asked)
        return PeerGroup(
            kind=kind,
            scope=PeerScope.ALL_PARTIES if self._viewer.sees_all else PeerScope.YOUR_REQUESTS,
            counts={CompletionStatus(row.completion): row.count for row in rows},
        )

    def _of_all(self, kind: PeerGroupKind, name: str, asked: Mapping[str, object]) -> PeerGroup:
        by_user: dict[Eui64, dict[CompletionStatus, int]] = {}
        for row in rows_of(self._connection, _UserRow, name, asked):
            counts = by_user.setdefault(eui_of(row.originator), {})
            counts[CompletionStatus(row.completion)] = row.count
        return _shown(kind, self._viewer, by_user)


def _shown(
    kind: PeerGroupKind, viewer: Viewer, by_user: Mapping[Eui64, Mapping[CompletionStatus, int]]
) -> PeerGroup:
    """Return all parties' counts, or the viewer's own if the others are no crowd."""
    others = {
        user_id: sum(counts.values())
        for user_id, counts in by_user.items()
        if user_id not in viewer.user_ids
    }
    shows_all = viewer.sees_all or may_show(others)
    counted = Counter[CompletionStatus]()
    for user_id, counts in by_user.items():
        if shows_all or user_id in viewer.user_ids:
            counted.update(counts)
    scope = PeerScope.ALL_PARTIES if shows_all else PeerScope.YOUR_REQUESTS
    return PeerGroup(kind=kind, scope=scope, counts=counted)


def _day_of(at: datetime) -> date:
    """Return the day in Great Britain, or in UTC where that is in no year that there is."""
    try:
        return at.astimezone(_GREAT_BRITAIN).date()
    except OverflowError:
        return at.date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, _GREAT_BRITAIN)
