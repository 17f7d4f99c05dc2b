"""The email digest: one plain mail about all that is new since the last, for people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from msgspec import json

from firmtrack.notices.addresses import UnfitAddress
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channel import Channel, ChannelUnusable, ChannelWords
from firmtrack.notices.endpoint_queue import EndpointQueue, PendingNotice
from firmtrack.presentation.topics import topic_name
from firmtrack.presentation.visible import visible_line

_LINES = 200


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
        """Send one mail about the notices, which are CloudEvents, oldest first.

        A mail that the server took counts as status 200, as no status code of its own tells more.
        """
        bodies = [notice.body for notice in notices]
        mail = EmailMessage(subject=subject_of(bodies), body=text_of(bodies), to=[queue.address])
        try:
            mail.send()
        except (SMTPException, OSError) as error:
            return CallResponse(problem=f"{type(error).__name__}: {error}"[:200])
        return CallResponse(status_code=200)


EMAIL_DIGEST: Final = EmailDigest()


def subject_of(bodies: Sequence[bytes]) -> str:
    """Return the mail's subject, which says how much there is."""
    return f"Firmtrack: {len(bodies)} {'notice' if len(bodies) == 1 else 'notices'}"


def text_of(bodies: Sequence[bytes]) -> str:
    """Return the mail's text, a line a notice."""
    lines = [visible_line(_line(json.decode(body))) for body in bodies[:_LINES]]
    if len(bodies) > _LINES:
        lines.append(f"… and {len(bodies) - _LINES} more: see the portal.")
    return "\n".join([*lines, ""])


def _line(event: dict[str, object]) -> str:
    topic = str(event["type"]).removeprefix("firmtrack.").removesuffix(".v1")
    data = event["data"]
    assert isinstance(data, dict)
    if "sentence" in data:
        return f"{event['time']}  {data['sentence']} Incident {data['incident_id']}."
    about = topic_name(topic)
    if "device_count" not in data:
        return f"{event['time']}  {about} {data.get('reason') or ''}".rstrip()
    count = data["device_count"]
    correction = "correction: " if data.get("is_correction") else ""
    parts = [
        f"{event['time']}  {correction}{about}, {count} {'device' if count == 1 else 'devices'}"
    ]
    if data["reason"] is not None:
        parts.append(f"reason {data['reason']}")
    if data["service_request_id"] is not None:
        parts.append(f"request {data['service_request_id']}")
    return ", ".join(parts)
