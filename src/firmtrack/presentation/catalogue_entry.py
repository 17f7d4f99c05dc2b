"""The form of the catalogue: what an entry says of a code, a status, a stage or an outcome."""

from dataclasses import dataclass

from firmtrack.domain.voice import Voice
from firmtrack.duis.codes import Sureness

MAY_TRY_AGAIN = (
    "Whether DCC tries again, Firmtrack does not know. If it does and succeeds, the status says so."
)
"""What DCC does after a failure on the way."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What usually causes something, what to do about it, and what DCC does by itself.

    ``user`` is said to the User, ``desk`` to DCC's own staff, who tell the User and ask others.
    """

    causes: str
    user: str
    desk: str
    dcc: str

    def to(self, voice: Voice) -> str:
        """Return what to do, as it is said to whoever reads it."""
        return self.desk if voice is Voice.DESK else self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that can be said of an update, explained in sentences.

    ``code`` is unique among the entries of its table, and its anchor on the guidance page;
    ``written`` is how DCC writes it. ``sureness`` and ``source`` are of the meaning.
    """

    code: str
    name: str
    meaning: str
    written: str
    advice: Advice
    sureness: Sureness
    source: str
