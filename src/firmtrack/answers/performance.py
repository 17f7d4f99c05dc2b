"""What delivery performance answers: frozen figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from firmtrack.answers.counted import Counted
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import (
    CompletionStatus,
    Stage,
    Status,
)

_GREAT_BRITAIN = ZoneInfo("Europe/London")


class Dimension(StrEnum):
    """By what the figures are grouped."""

    WEEK = "week"
    SUPPLIER = "supplier"
    CSP_REGION = "csp_region"
    DEVICE_TYPE = "device_type"
    MODEL = "model"
    FIRMWARE_VERSION = "firmware_version"


class Milestone(IntEnum):
    """Up to where the time from submission is taken; the value is the stored stage.

    ``COMPLETION`` is that the device has verified the image, for an 11.4 activated it.
    """

    COMMS_HUB = 4
    DEVICE = 5
    COMPLETION = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceFilter:
    """Which requests count: those submitted from ``first`` to ``last``, both included, by one User.

    Days are Great Britain's; None leaves an end, or the User, open. Of requests from before
    ``kept_from`` not all updates are kept, so that they do not count.
    """

    first: date | None = None
    last: date | None = None
    supplier: Eui64 | None = None
    kept_from: datetime | None = None

    @property
    def term(self) -> str:
        """What was asked for, as the audit keeps it."""
        period = f"{self.first or ''}/{self.last or ''}"
        return period if self.supplier is None else f"{period} {self.supplier}"

    @property
    def first_at(self) -> datetime | None:
        """The moment at which the period begins, or from which on requests are whole."""
        if self.is_cut:
            return self.kept_from
        return None if self.first is None else start_of(self.first)

    @property
    def is_cut(self) -> bool:
        """Whether the period begins before requests are whole."""
        return self.kept_from is not None and (
            self.first is None or start_of(self.first) < self.kept_from
        )

    @property
    def end_at(self) -> datetime | None:
        """The first moment after the period; None also if no day follows the last."""
        if self.last is None or self.last == date.max:
            return None
        return start_of(self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Timing:
    """How long ``samples`` distributions took: half, and 95 in 100, at most so many seconds."""

    p50_seconds: int
    p95_seconds: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many distributions there are by Completion Status, and how long they took.

    A milestone that none of them reached has no timing.
    """

    completions: Mapping[CompletionStatus, int]
    timings: Mapping[Milestone, Timing]

    @property
    def distributions(self) -> int:
        """How many there are."""
        return sum(self.completions.values())

    @property
    def success_rate(self) -> float | None:
        """Which part of those that ended was successful, 0 to 1; None if none has ended."""
        successful = self.completions.get(CompletionStatus.SUCCESSFUL, 0)
        ended = successful + self.completions.get(CompletionStatus.FAILED, 0)
        return successful / ended if ended else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of the distributions that have a value in common.

    ``value`` is one text: the Monday that begins a week as YYYY-MM-DD, a User ID, a region, a type,
    a version; of a model it is device type, manufacturer and model. Empty texts are not known.
    """

    value: tuple[str, ...]
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStage:
    """How far distributions came whose request passes ``stage``.

    ``expected`` counts them all; ``reached`` those with a good event here or further, ``failed``
    those that stopped here, ``waiting`` those in progress of which this is the latest. While a
    request's variant is not known, a stage of one variant is passed by those that are there.
    """

    stage: Stage
    expected: int
    reached: int
    failed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class FailureReason:
    """How many distributions failed with ``status`` for ``reason``, a code, None if none came."""

    status: Status
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceAnswer:
    """Delivery performance of the requests that were asked for.

    ``groups`` has every dimension, weeks ascending, other groups by size descending; ``reasons``
    are by count descending. ``counted`` is how old they are; ``waiting`` is how many of the
    requests have changed since they were counted, or, if ``is_at_least``, at least so many.
    ``kept_from`` is since when requests count where earlier ones were asked for, too, of which not
    all updates are kept any more.
    """

    total: Figures
    funnel: tuple[FunnelStage, ...]
    reasons: tuple[FailureReason, ...]
    groups: Mapping[Dimension, tuple[Group, ...]]
    waiting: int
    is_at_least: bool
    counted: Counted
    kept_from: datetime | None = None


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins in Great Britain."""
    return datetime.combine(day, time(), _GREAT_BRITAIN)
