"""One Service Request and its distributions.

Times are aware and in UTC. Lists say their order.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.domain.pace import Pace
from firmtrack.domain.reconciliation import (
    Flag,
    header_version_flag,
    image_problem_flag,
    repeated_request_flag,
)
from firmtrack.domain.stages import (
    CompletionStatus,
    Party,
    Stage,
    Status,
    Variant,
    completion_of,
    row_of,
)

NO_REASON = "not given"
"""Asks for what failed without a reason code: no code has a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionFilter:
    """Which of a request's distributions are wanted; None wants all.

    To have a ``pace`` is to be in progress, and to have something to be compared with. To have a
    ``reason`` is to have failed, with this code as it came, or with none (NO_REASON).
    """

    completion: CompletionStatus | None = None
    status: Status | None = None
    pace: Pace | None = None
    reason: str | None = None

    @property
    def reason_code(self) -> str | None:
        """The reason that a wanted distribution has, where one is asked for."""
        return None if self.reason == NO_REASON else self.reason

    def wants(self, status: Status, variant: Variant | None) -> bool:
        """Return whether a distribution of ``variant`` with this status is wanted.

        By any pace, and for any reason.
        """
        is_completion = self.completion in {None, completion_of(status, variant)}
        return is_completion and self.status in {None, status}


PaceCounts: TypeAlias = Mapping[tuple[Status, Pace], int]
"""How many of a request's distributions have this status and this pace; without what is zero."""

FailureCounts: TypeAlias = Mapping[tuple[Status, str | None], int]
"""How many of a request's distributions failed so, by bad status and reason code, largest first.

Without what is zero. The reason is None where the message that decides gives none; those alike in
number are in the order of the stages, then of the reasons.
"""


def largest_first(failures: FailureCounts) -> FailureCounts:
    """Return the counts in their order."""
    return dict(
        sorted(failures.items(), key=lambda each: (-each[1], each[0][0].stage, each[0][1] or ""))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLongerKept:
    """How many of a request's distributions went with old months, by how they had ended.

    All that is said of them is from before ``before``.
    """

    before: datetime
    completion_counts: Mapping[CompletionStatus, int]

    @property
    def device_count(self) -> int:
        """How many they are."""
        return sum(self.completion_counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswer:
    """One Service Request, and how its distributions stand.

    ``variant`` is None while only other messages have named the request, not the request itself;
    ``statement_count`` is how many different messages claim to be it.
    ``device_count`` counts its distributions; the counts by status add up to it and leave out
    what is zero, and those of the failures to how many failed. ``no_longer_kept`` are others, None
    if there are none. ``incidents`` are what befell the request as a whole, latest first.
    """

    request_id: RequestId
    variant: Variant | None
    firmware_version: FirmwareVersion | None
    image: ImageFacts | None
    submitted_at: datetime
    response_code: str | None
    answered_at: datetime | None
    statement_count: int = 1
    device_count: int
    completion_counts: Mapping[CompletionStatus, int]
    status_counts: Mapping[Status, int]
    failure_counts: FailureCounts
    no_longer_kept: NoLongerKept | None = None
    incidents: tuple[IncidentEntry, ...] = ()

    @property
    def is_stub(self) -> bool:
        """Whether only other messages have named the request: it may name more devices."""
        return not self.statement_count

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reason codes of its failures, the most frequent first, each once."""
        counts = Counter[str]()
        for (_, reason), count in self.failure_counts.items():
            if reason is not None:
                counts[reason] += count
        return tuple(reason for reason, _ in counts.most_common())

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What does not fit in the request itself."""
        header = None if self.image is None else self.image.header_version
        problem = None if self.image is None else self.image.problem
        found = (
            header_version_flag(self.request_id, self.firmware_version, header),
            image_problem_flag(self.request_id, problem),
            repeated_request_flag(self.request_id, self.statement_count),
        )
        return tuple(flag for flag in found if flag is not None)

    def count_of(self, wanted: DistributionFilter, paces: PaceCounts) -> int:
        """Return how many of the request's distributions are wanted.

        ``paces`` are the request's; they count only if a pace is asked for.
        """
        counts = self.status_counts
        if wanted.reason is not None:
            counts = Counter[Status]()
            for (status, reason), count in self.failure_counts.items():
                counts[status] += count if reason == wanted.reason_code else 0
        return sum(
            # What has a pace has not failed.
            count if wanted.pace is None else paces.get((status, wanted.pace), 0)
            for status, count in counts.items()
            if wanted.wants(status, self.variant)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionAnswer:
    """One device in one request, and its current status.

    If the event that decides it was sent to another party (``is_anothers_event``), ``updated_at``
    is the beginning of its day in UTC.
    """

    request_id: RequestId
    variant: Variant | None
    device_id: Eui64
    firmware_version: FirmwareVersion | None
    image_hash: bytes | None
    submitted_at: datetime
    status: Status
    reason: str | None
    updated_at: datetime
    is_anothers_event: bool = False

    @property
    def completion(self) -> CompletionStatus:
        """The distribution's Completion Status."""
        return completion_of(self.status, self.variant)

    @property
    def point_of_failure(self) -> tuple[Stage, Party] | None:
        """Where the distribution stopped and at whom, None if it did not fail."""
        if not self.status.is_bad:
            return None
        return self.status.stage, row_of(self.status.stage).holder


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionPage:
    """Some of a request's distributions, by Device ID in ascending order.

    ``last_device_id`` is where the next page continues, None at the end. ``has_earlier`` tells that
    there are earlier ones, or were when somebody came from there.
    """

    items: tuple[DistributionAnswer, ...]
    last_device_id: Eui64 | None
    has_earlier: bool = False
