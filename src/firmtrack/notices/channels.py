"""The ways by which a notice reaches a party, and what is known of one endpoint."""

from dataclasses import dataclass
from enum import StrEnum

from firmtrack.errors import FirmtrackError


class Channel(StrEnum):
    """A way by which notices are sent."""

    WEBHOOK = "webhook"
    """Signed JSON to an address of the party's."""
    DUIS = "duis"
    """Signed DCC Alerts to the party's receive-response address."""
    EMAIL = "email"
    """Now and then one mail about all that is new, for people."""


class UnknownChannel(FirmtrackError):
    """A channel is webhook, duis or email."""


def channel_named(name: str) -> Channel:
    """Return the channel of this name. Raises UnknownChannel."""
    try:
        return Channel(name)
    except ValueError:
        raise UnknownChannel from None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointQueue:
    """An endpoint as it is called: ``secrets`` are those to sign with, the newest first, sealed.

    ``failures`` counts those since the last success.
    """

    endpoint_id: int
    party_id: int
    channel: Channel
    address: str
    secrets: tuple[bytes, ...]
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingNotice:
    """A notice that waits to be sent: ``notice_id`` is the same at every try."""

    notice_id: str
    body: bytes
