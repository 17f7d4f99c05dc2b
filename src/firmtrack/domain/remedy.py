"""What can be done about an update: who acts next, and whether to send it again."""

from dataclasses import dataclass
from enum import StrEnum


class Actor(StrEnum):
    """Who must do something before the update can go on."""

    SUPPLIER = "supplier"
    DCC = "dcc"
    CSP = "csp"
    MANUFACTURER = "manufacturer"
    NOBODY = "nobody"


class Again(StrEnum):
    """Whether to send the update again."""

    WAIT = "wait"
    """An update is open: DCC will probably refuse another."""
    REMEDY_FIRST = "remedy_first"
    """Nothing is open, but it would probably end in the same way."""
    SEND = "send"
    """Nothing that Firmtrack knows of speaks against it."""


class Prospect(StrEnum):
    """What would probably come of sending the same update again at once."""

    SAME_ANSWER = "same_answer"
    """DCC would refuse it again."""
    SAME_END = "same_end"
    """DCC would accept it, and it would stop at the same place."""
    MAY_WORK = "may_work"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Who acts after a failure, and what would come of trying again without that."""

    next_actor: Actor
    prospect: Prospect
