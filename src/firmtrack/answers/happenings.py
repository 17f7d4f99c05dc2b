"""What happened to a viewer's requests between two moments, and what one person looked at last.

Times are aware and in UTC; the moments are those at which Firmtrack counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firmtrack.answers.request_lists import ListedRequest
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleGroup:
    """Devices of one request that came to stand alike: failed in one way, or stalled at a stage.

    ``status`` is bad if they failed; else they stand at this good one.
    """

    request_id: RequestId
    firmware_version: FirmwareVersion | None
    status: Status
    reason: str | None
    devices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """The largest groups of devices; ``devices`` and ``groups`` are how many there are in all."""

    largest: Sequence[TroubleGroup] = ()
    groups: int = 0
    devices: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCause:
    """A cause that an open incident of the party has."""

    key: CauseKey
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happenings:
    """What happened after ``since`` and not after ``until``, and is so still.

    ``ended`` are the requests that ended, the latest first; ``has_more_ended`` if there are more.
    ``causes`` are those of the incidents that are open, the latest first.
    """

    since: datetime
    until: datetime
    ended: Sequence[ListedRequest]
    has_more_ended: bool
    failed: Troubles
    stalled: Troubles
    causes: Sequence[OpenCause]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """From when somebody is told what happened.

    ``last_at`` is when they last looked before this visit; None at their first. ``is_whole`` if
    all since then is told, and not only what is not too long ago.
    """

    since: datetime
    last_at: datetime | None
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBefore:
    """Something that a person looked up."""

    found_id: RequestId | Eui64 | CauseKey
    at: datetime
