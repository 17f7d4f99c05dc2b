"""What can be done about an update: who acts next, and whether to send it again."""

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
