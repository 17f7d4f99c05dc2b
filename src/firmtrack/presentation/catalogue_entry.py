"""The form of the catalogue: what an entry says of a code, a status, a stage or an outcome."""

from dataclasses import dataclass

from firmtrack.duis.codes import Sureness

MAY_TRY_AGAIN = (
    "Whether DCC tries again, Firmtrack does not know. If it does and succeeds, the status says so."
)
"""What DCC does after a failure on the way."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What usually causes something, what the User does about it, and what DCC does."""

    causes: str
    user: str
    dcc: str


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
