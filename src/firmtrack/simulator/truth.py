"""What is true of each distribution: the furthest stage reached, and the latest event of it.

The simulated world keeps this as it goes along. It knows which request each event belongs to and
hears of all in the order of time, so it needs neither attribution nor sorting.
"""

from dataclasses import dataclass
from datetime import datetime

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import ActivationStatus, CompletionStatus, Status

_COMPLETED = frozenset({Status.VERIFIED, Status.ACTIVATED})
_STOPPED = frozenset(
    {
        Status.REJECTED,
        Status.SEND_TO_CSP_FAILED,
        Status.COMMS_HUB_DELIVERY_FAILED,
        Status.DEVICE_TRANSFER_FAILED,
        Status.VERIFICATION_FAILED,
        Status.ACTIVATION_FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """One thing that is reported, at DCC's time ``at``; None if DCC gave it no time."""

    status: Status
    at: datetime | None
    reason: str | None = None


@dataclass(slots=True)
class TrueDistribution:
    """The true state of one device's update.

    Hears of events in the order in which they are reported. DCC may pass two of one stage on in
    another order, and what it tells last counts.
    """

    device_id: Eui64
    is_tracked: bool
    current: TrueEvent = TrueEvent(Status.RECEIVED, None)
    _is_own_event: bool = False

    @property
    def completion_status(self) -> CompletionStatus:
        """How far it has come."""
        if self.current.status in _STOPPED:
            return CompletionStatus.FAILED
        if self.current.status in _COMPLETED:
            return CompletionStatus.SUCCESSFUL
        return CompletionStatus.IN_PROGRESS

    def hear(self, event: TrueEvent) -> None:
        """Take in an event of this very device."""
        gained = event.status.stage - self.current.status.stage
        if gained > 0 or (gained == 0 and not (self._is_own_event and self._is_older(event))):
            self.current = event
            self._is_own_event = True

    def _is_older(self, event: TrueEvent) -> bool:
        assert event.at is not None, "an event of a device has a time"
        assert self.current.at is not None, "and so has the one before it"
        return event.at < self.current.at

    def hear_of_request(self, event: TrueEvent) -> None:
        """Take in an event of the whole request, which tells less than one of the device."""
        gained = event.status.stage - self.current.status.stage
        if gained > 0 or (gained == 0 and not self._is_own_event):
            self.current = event
            self._is_own_event = False


@dataclass(slots=True, eq=False)
class TrueActivation:
    """The true state of one Activate Firmware (11.3) request; hears in the order of time.

    ``distribution`` is the request that brought the image, None if none brought it to the device.
    ``requested_at`` is the time of the first report on it, ``updated_at`` of the one that decides;
    None until there is any: a request carries no time.
    """

    request_id: RequestId
    image_hash: bytes
    distribution: RequestId | None
    scheduled_for: datetime | None = None
    is_cancelling: bool = False
    status: ActivationStatus = ActivationStatus.REQUESTED
    reason: str | None = None
    firmware_version: FirmwareVersion | None = None
    requested_at: datetime | None = None
    updated_at: datetime | None = None
    _is_answered: bool = False

    @property
    def device_id(self) -> Eui64:
        """The device that it is for."""
        return self.request_id.target

    def hear_acknowledged(self, at: datetime) -> None:
        """Hear that DCC took the request on."""
        self._hear(at, self.status, None)

    def hear_scheduled(self, at: datetime) -> None:
        """Hear that the device took note of it: it is scheduled, or does its cancelling."""
        taken = ActivationStatus.CANCELLED if self.is_cancelling else ActivationStatus.SCHEDULED
        self._hear(at, taken, None)

    def hear_no_answer(self, at: datetime, code: str) -> None:
        """Hear from DCC that it refuses it, or that the device was not reached or is silent."""
        if not self._is_answered:
            self._hear(at, ActivationStatus.FAILED, code)

    def hear_answer(self, at: datetime, reason: str | None, version: FirmwareVersion) -> None:
        """Hear from the device how it went and which version runs now; no reason is success."""
        self._is_answered, self.firmware_version = True, version
        status = ActivationStatus.ACTIVATED if reason is None else ActivationStatus.FAILED
        self._hear(at, status, reason)

    def hear_cancelled(self, at: datetime) -> None:
        """Hear that the device took note of a later request that cancels this one."""
        if self.status in {ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED}:
            self._hear(at, ActivationStatus.CANCELLED, None)

    def _hear(self, at: datetime, status: ActivationStatus, reason: str | None) -> None:
        self.requested_at = self.requested_at or at
        self.updated_at, self.status, self.reason = at, status, reason
