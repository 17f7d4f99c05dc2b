"""Which of a distribution's events is its current status.

The order is written here once, and once more in SQL (``store/ledger``); a property holds the two
together. Whoever folds the same events in any order, in any parts, gets the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from firmtrack.domain.stages import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing said about a distribution, by a message, at DCC's time ``occurred_at``.

    ``names_device`` tells word about this device from word about the whole request.
    """

    status: Status
    names_device: bool
    occurred_at: datetime
    digest: bytes
    reason: str | None = None


def precedence_of(word: Word) -> tuple[int, bool, datetime, bytes]:
    """Return the sort key of ``word``: the greatest word is the current status."""
    return (word.status.stage, word.names_device, word.occurred_at, word.digest)


def current_word(words: Iterable[Word]) -> Word | None:
    """Return the word that decides a distribution's current status, None if nothing was said.

    Word about the whole request does not concern a device that the DSP refused by name.
    """
    said = list(words)
    is_refused = any(word.names_device and word.status is Status.REJECTED for word in said)
    counted = (word for word in said if word.names_device or not is_refused)
    return max(counted, key=precedence_of, default=None)
