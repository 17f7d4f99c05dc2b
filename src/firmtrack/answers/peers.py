"""How others fare that have something in common with one device's update: counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from firmtrack.answers.counted import Counted
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus


class PeerGroupKind(StrEnum):
    """What the devices of a group have in common."""

    COMMS_HUB = "comms_hub"
    SERVICE_REQUEST = "service_request"
    MODEL_AND_VERSION = "model_and_version"
    REGION_AND_DAY = "region_and_day"


class PeerScope(StrEnum):
    """Whose updates are counted: of one home never another party's, of many only in a crowd."""

    YOUR_REQUESTS = "your_requests"
    ALL_PARTIES = "all_parties"


COUNTED_IN_BACKGROUND = frozenset({PeerGroupKind.MODEL_AND_VERSION, PeerGroupKind.REGION_AND_DAY})
"""The wide groups: read from figures that are as old as they say; the others are as of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersQuestion:
    """Beside what to count: a device's newest update that the viewer may see, and what is known.

    ``facts`` are those of the device that the viewer may see, None if there are none;
    ``hub_device_ids`` are the other devices on its Communications Hub.
    """

    device_id: Eui64
    request_id: RequestId
    firmware_version: FirmwareVersion | None
    submitted_at: datetime
    facts: DeviceFacts | None = None
    hub_device_ids: tuple[Eui64, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerGroup:
    """How the updates of a group stand, this device's own among them."""

    kind: PeerGroupKind
    scope: PeerScope
    counts: Mapping[CompletionStatus, int]

    def count_of(self, completion: CompletionStatus) -> int:
        """Return how many of the updates stand so."""
        return self.counts.get(completion, 0)

    @property
    def total(self) -> int:
        """How many updates there are."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersAnswer:
    """The groups of a device's newest update, narrowest first.

    A group whose common fact is not known to the viewer is not there. ``day`` is that of the
    request's submission, in Great Britain; ``counted`` is how old the wide groups' figures are;
    ``kept_from`` is from when on all updates are kept, None if nothing ever went.
    """

    device_id: Eui64
    request_id: RequestId
    firmware_version: FirmwareVersion | None
    day: date
    facts: DeviceFacts | None
    groups: tuple[PeerGroup, ...]
    counted: Counted
    kept_from: datetime | None
