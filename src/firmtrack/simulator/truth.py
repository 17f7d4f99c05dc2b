"""What is true of each distribution: the furthest stage reached, and the latest word of it.

The simulated world keeps this as it goes along. It knows which request each word belongs to and
hears all words in the order of time, so it needs neither attribution nor sorting.
"""

from dataclasses import dataclass
from datetime import datetime

from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import CompletionStatus, Status

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
class Word:
    """One thing that is said, at DCC's time ``at``; None if DCC gave it no time."""

    status: Status
    at: datetime | None
    reason: str | None = None


@dataclass(slots=True)
class Distribution:
    """The true state of one device's update; hears words in the order of their times."""

    device_id: Eui64
    is_tracked: bool
    current: Word = Word(Status.RECEIVED, None)
    _is_own_word: bool = False

    @property
    def completion_status(self) -> CompletionStatus:
        """How far it has come."""
        if self.current.status in _STOPPED:
            return CompletionStatus.FAILED
        if self.current.status in _COMPLETED:
            return CompletionStatus.SUCCESSFUL
        return CompletionStatus.IN_PROGRESS

    @property
    def is_refused(self) -> bool:
        """Whether DCC left this device out, and nothing was heard of it since."""
        return self.current.status is Status.REJECTED and self._is_own_word

    def hear(self, word: Word) -> None:
        """Take in a word about this very device."""
        if word.status.stage >= self.current.status.stage:
            self.current = word
            self._is_own_word = True

    def hear_of_request(self, word: Word) -> None:
        """Take in a word about the whole request, which tells less than one about the device."""
        gained = word.status.stage - self.current.status.stage
        if gained > 0 or (gained == 0 and not self._is_own_word):
            self.current = word
            self._is_own_word = False
