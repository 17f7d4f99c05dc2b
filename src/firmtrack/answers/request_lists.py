"""The requests of a viewer, newest first, and how each stands now.

Times are aware and in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from firmtrack.answers.performance import start_of
from firmtrack.answers.requests import FailureCounts
from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus, Status, Variant


class RequestState(StrEnum):
    """What holds of a request by how its devices stand; several may hold of one."""

    UNDER_WAY = "under_way"
    """Devices are in progress."""

    ENDED = "ended"
    """It has devices, and none is in progress."""

    WITH_FAILURES = "with_failures"
    """Devices failed."""

    WITH_STALLED_DEVICES = "with_stalled_devices"
    """Devices in progress have stalled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests are wanted; None wants all.

    Those submitted from ``submitted_from`` to ``submitted_to``, both included: days of Great
    Britain. A version is compared as versions are, however it is spelled.
    """

    submitted_from: date | None = None
    submitted_to: date | None = None
    firmware_version: FirmwareVersion | None = None
    state: RequestState | None = None

    @property
    def term(self) -> str:
        """What was asked for, as the audit keeps it."""
        said = {
            "submitted_from": self.submitted_from,
            "submitted_to": self.submitted_to,
            "firmware_version": self.firmware_version,
            "state": self.state,
        }
        return " ".join(f"{name}={value}" for name, value in said.items() if value)

    @property
    def first_at(self) -> datetime | None:
        """The moment at which the period begins."""
        return None if self.submitted_from is None else start_of(self.submitted_from)

    @property
    def end_at(self) -> datetime | None:
        """The first moment after the period; None also if no day follows the last."""
        if self.submitted_to is None or self.submitted_to == date.max:
            return None
        return start_of(self.submitted_to + timedelta(days=1))


class RequestPlace(NamedTuple):
    """Where a request stands in the list: by time of submission, then by ID."""

    submitted_at: datetime
    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRequest:
    """One of the requests, and how its devices stand now.

    ``stalled_count`` is how many of those in progress had stalled when that was last looked for,
    and have not moved since. ``party`` is whose it is, for who sees those of all parties; None if
    it is nobody's.
    """

    request_id: RequestId
    variant: Variant | None
    firmware_version: FirmwareVersion | None
    submitted_at: datetime
    completion_counts: Mapping[CompletionStatus, int]
    stalled_count: int
    failure_counts: FailureCounts
    party: str | None = None

    @property
    def device_count(self) -> int:
        """How many devices it has."""
        return sum(self.completion_counts.values())

    @property
    def main_causes(self) -> Sequence[tuple[Status, str | None]]:
        """The bad status and reason of most of its failures; several if alike in number."""
        most = next(iter(self.failure_counts.values()), None)
        return [each for each, count in self.failure_counts.items() if count == most]

    @property
    def place(self) -> RequestPlace:
        """Where it stands in the list."""
        return RequestPlace(self.submitted_at, self.request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestList:
    """Some of the viewer's requests, newest first.

    ``has_older`` and ``has_newer``: the list goes on there. ``has_any``: requests of the viewer's
    are known at all, whatever is wanted. ``kept_from`` is from when on all updates are kept, where
    earlier requests were asked for, too; None if all are.
    """

    items: Sequence[ListedRequest]
    has_older: bool
    has_newer: bool
    has_any: bool
    kept_from: datetime | None = None
