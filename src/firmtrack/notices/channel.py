"""What a channel is: one class that knows all there is to know of a way by which notices go."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.cloud_events import event_drafts
from firmtrack.notices.endpoint_queue import Draft, EndpointQueue, PendingNotice
from firmtrack.notices.grouping import Change


class ChannelUnusable(FirmtrackError):
    """The installation is not set up for this channel."""

    sentence: ClassVar[str] = (
        "Notices cannot be sent this way at the moment: ask Firmtrack’s operator"
    )
    """What people read of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWords:
    """What people read of a channel.

    ``title`` names it alone, ``in_sentence`` after "by"; ``hint`` says where to and how it sends,
    and ``example`` is an address.
    """

    title: str
    in_sentence: str
    hint: str
    example: str


class Channel(ABC):
    """A way by which notices are sent to a party."""

    name: ClassVar[str]
    """What it is called on the command line, in the API and in the database."""

    words: ClassVar[ChannelWords]

    has_secret: ClassVar[bool] = False
    """Each endpoint has a secret to sign with."""

    is_digest: ClassVar[bool] = False
    """All that waits goes out in one call, rather than each notice in a call of its own."""

    delay: ClassVar[timedelta] = timedelta()
    """How long the oldest notice waits for others before a call."""

    why_untestable: ClassVar[str | None] = None
    """Why it takes no CloudEvent about an endpoint itself, such as a test; None is that it does."""

    takes_watches: ClassVar[bool] = False
    """Somebody may be told by it of what they watch."""

    is_of_people: ClassVar[bool] = False
    """Its endpoints are people's own: no party adds one."""

    @property
    def is_testable(self) -> bool:
        """Whether it takes a CloudEvent about an endpoint itself, such as a test."""
        return self.why_untestable is None

    @property
    def is_open(self) -> bool:
        """Whether this installation is set up for it."""
        return True

    @abstractmethod
    def check(self, address: str) -> None:
        """Raise UnfitAddress if nothing can ever be sent to ``address``.

        Raises ChannelUnusable if nothing can be sent by this channel at all.
        """

    def drafts(
        self, _connection: Connection[TupleRow], changes: Sequence[Change], now: datetime
    ) -> list[Draft]:
        """Return the notices that tell of the changes, in their order: by default CloudEvents."""
        return event_drafts(changes, now)

    @abstractmethod
    def send(
        self,
        caller: Caller,
        queue: EndpointQueue,
        notices: Sequence[PendingNotice],
        now: datetime,
    ) -> CallResponse:
        """Send the notices in one call, and return what came of it; whatever it is, raise nothing.

        It is one notice, unless ``is_digest``.
        """
