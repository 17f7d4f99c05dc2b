"""The rows from which what is usual is learnt, each of the statement that it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """Of waits_segments: what devices of a segment have in common, empty where not known."""

    segment_key: int
    device_type: str
    csp_region: str
    manufacturer: str
    model: str


@dataclass(frozen=True, slots=True)
class OpenRow:
    """Of waits_open: how many of a request's stays in a segment wait since which hour."""

    request_key: int
    originator: int
    variant: str | None
    segment_key: int
    stage: int
    entered_hour: int
    count: int


@dataclass(frozen=True, slots=True)
class OwnRow:
    """Of waits_own: a request's own stays that began on a day and ended so, by step."""

    request_key: int
    segment_key: int
    stage: int
    entered_on: date
    outcome: int
    steps: Sequence[int]
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class MovedRow:
    """Of waits_moved: when a cohort last passed, and in which hour it first did."""

    request_key: int
    csp_region: str
    stage: int
    moved_at: datetime
    first_hour: int


@dataclass(frozen=True, slots=True)
class EndedRow:
    """Of waits_ended: all requests' stays of an age that ended so, by step."""

    variant: str
    stage: int
    segment_key: int
    age: int
    outcome: int
    steps: Sequence[int]
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class InProgressRow:
    """Of waits_in_progress: how many of all requests' stays wait since which hour."""

    variant: str
    stage: int
    segment_key: int
    hour: int
    count: int


@dataclass(frozen=True, slots=True)
class PartyRow:
    """Of waits_parties: how many of an originator's requests have stays of an age."""

    variant: str
    stage: int
    segment_key: int
    age: int
    originator: int
    requests: int


@dataclass(frozen=True, slots=True)
class HubRow:
    """Of waits_hubs: how many hubs waited so long, or, where step is None, wait ``since`` then."""

    variant: str
    stage: int
    request_key: int
    step: int | None
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class HourRow:
    """Of waits_hours: how many entered a stage in an hour since the epoch, and passed it."""

    hour: int
    entered: int
    passed: int
