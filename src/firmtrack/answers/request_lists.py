"""The requests of a viewer, newest first, and how each stands now.

Times are aware and in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

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

    ``since`` is included, ``until`` is not. A version is compared as versions are, however spelled.
    """

    since: datetime | None = None
    until: datetime | None = None
    firmware_version: FirmwareVersion | None = None
    state: RequestState | None = None


class RequestPlace(NamedTuple):
    """Where a request stands in the list: by time of submission, then by ID."""

    submitted_at: datetime
    request_id: RequestId


class FailureCount(NamedTuple):
    """How many of a request's devices have failed in one way."""

    status: Status
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRequest:
    """One of the requests; ``failures`` are the ways in which devices failed, the largest first.

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
    failures: Sequence[FailureCount]
    party: str | None = None

    @property
    def device_count(self) -> int:
        """How many devices it has."""
        return sum(self.completion_counts.values())

    @property
    def main_cause(self) -> FailureCount | None:
        """The way in which most of its devices failed, None if none did."""
        return self.failures[0] if self.failures else None

    @property
    def place(self) -> RequestPlace:
        """Where it stands in the list."""
        return RequestPlace(self.submitted_at, self.request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestList:
    """Some of the viewer's requests, newest first.

    ``has_older`` and ``has_newer``: the list goes on there. ``has_any``: requests of the viewer's
    are known at all, whatever is wanted.
    """

    items: Sequence[ListedRequest]
    has_older: bool
    has_newer: bool
    has_any: bool
