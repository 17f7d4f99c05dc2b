"""The email digest: one plain mail about all that is new since the last, for people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from msgspec import json

from firmtrack.notices.addresses import UnfitAddress
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channel import Channel, ChannelUnusable, ChannelWords
from firmtrack.notices.endpoint_queue import EndpointQueue, PendingNotice
from firmtrack.notices.mailing import mailed
from firmtrack.presentation.topics import topic_name
from firmtrack.presentation.visible import visible_line

_NOTICES = 200


class NoMailServer(ChannelUnusable):
    """Mail needs a server that takes it: set FIRMTRACK_MAIL_SERVER."""


class EmailDigest(Channel):
    """Now and then one mail about all that is new, for people."""

    name = "email"
    words = ChannelWords(
        title="Email digest",
        in_sentence="email digest",
        hint="One mail for all that is new, at most every 15 minutes, to an email address; updates"
        " that fail alike, or stand still alike, are told as one incident",
        example="ada@supplier.example",
    )
    is_digest = True
    delay = timedelta(minutes=15)

    @property
    def is_open(self) -> bool:
        """Whether a server takes mail."""
        return settings.ENVIRONMENT.mail_server is not None

    def check(self, address: str) -> None:
        """Raise UnfitAddress unless it is an email address. Raises NoMailServer."""
        try:
            validate_email(address)
        except ValidationError:
            raise UnfitAddress("is not an email address") from None
        if not self.is_open:
            raise NoMailServer

    def send(
        self,
        _caller: Caller,
        queue: EndpointQueue,
        notices: Sequence[PendingNotice],
        _now: datetime,
    ) -> CallResponse:
        """Send one mail about the notices, which are CloudEvents, oldest first."""
        bodies = [notice.body for notice in notices]
        return mailed(queue.address, subject_of(bodies), text_of(bodies))


EMAIL_DIGEST: Final = EmailDigest()


def subject_of(bodies: Sequence[bytes]) -> str:
    """Return the mail's subject, which says how much there is."""
    return f"Firmtrack: {len(bodies)} {'notice' if len(bodies) == 1 else 'notices'}"


def text_of(bodies: Sequence[bytes]) -> str:
    """Return the mail's text: each notice's time and sentence, what its reason means, its link."""
    told = [_lines(json.decode(body)) for body in bodies[:_NOTICES]]
    if len(bodies) > _NOTICES:
        told.append([f"… and {len(bodies) - _NOTICES} more: see the portal."])
    return "\n".join(visible_line(line) for lines in told for line in lines) + "\n"


def _lines(event: dict[str, Any]) -> list[str]:
    data = event["data"]
    first = f"{event['time']}  {_sentence(event)}"
    if "news" in data and data.get("incident_id") is not None:
        first = f"{first} Incident {data['incident_id']}."
    meaning, link = data.get("reason_text"), data.get("link")
    reason = data.get("reason")
    lines = [first]
    if meaning is not None and meaning not in first:
        lines.append(f"  {meaning}" if str(reason) in meaning else f"  {meaning} ({reason})")
    if link is not None:
        lines.append(f"  {link}")
    return lines


def _sentence(event: dict[str, Any]) -> str:
    """Return what is told; of what a Firmtrack of another version composed, what is known of it."""
    data = event["data"]
    if data.get("sentence") is not None:
        return str(data["sentence"])
    topic = str(event["type"]).removeprefix("firmtrack.").removesuffix(".v1")
    count, reason, request_id = map(data.get, ("device_count", "reason", "service_request_id"))
    correction = "correction: " if data.get("is_correction") else ""
    parts = [f"{correction}{topic_name(topic)}"]
    if count is not None:
        parts.append(f"{count} {'device' if count == 1 else 'devices'}")
    if reason is not None:
        parts.append(f"reason {reason}")
    if request_id is not None:
        parts.append(f"request {request_id}")
    return ", ".join(parts)
