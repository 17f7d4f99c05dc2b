"""How others fare that have something in common with one device's update: counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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
    request's submission, in Great Britain.
    """

    device_id: Eui64
    request_id: RequestId
    firmware_version: FirmwareVersion | None
    day: date
    facts: DeviceFacts | None
    groups: tuple[PeerGroup, ...]
