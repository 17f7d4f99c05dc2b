"""The e-mail digest: one plain mail about all that is new since the last, for people."""

from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPException

from django.core.mail import EmailMessage
from msgspec import json

from firmtrack.notices.calling import CallResponse
from firmtrack.presentation.topics import TOPIC_NAMES

DIGEST_DELAY = timedelta(minutes=15)
"""How long the oldest news waits for others before a mail goes out."""

_LINES = 200


def send(address: str, bodies: Sequence[bytes]) -> CallResponse:
    """Send one mail about notices, given as webhook bodies, oldest first; return what came of it.

    A mail that the server took counts as status 200, as no status code of its own tells more.
    """
    mail = EmailMessage(subject=subject_of(bodies), body=text_of(bodies), to=[address])
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        return CallResponse(problem=f"{type(error).__name__}: {error}"[:200])
    return CallResponse(status_code=200)


def subject_of(bodies: Sequence[bytes]) -> str:
    """Return the mail's subject, which says how much there is."""
    return f"Firmtrack: {len(bodies)} {'notice' if len(bodies) == 1 else 'notices'}"


def text_of(bodies: Sequence[bytes]) -> str:
    """Return the mail's text, a line a notice."""
    lines = [_line(json.decode(body)) for body in bodies[:_LINES]]
    if len(bodies) > _LINES:
        lines.append(f"… and {len(bodies) - _LINES} more: see the portal.")
    return "\n".join([*lines, ""])


def _line(event: dict[str, object]) -> str:
    topic = str(event["type"]).removeprefix("firmtrack.").removesuffix(".v1")
    data = event["data"]
    assert isinstance(data, dict)
    about = TOPIC_NAMES[topic]
    if "device_count" not in data:
        return f"{event['time']}  {about} {data.get('reason') or ''}".rstrip()
    count = data["device_count"]
    correction = "correction: " if data.get("is_correction") else ""
    said = [
        f"{event['time']}  {correction}{about}, {count} {'device' if count == 1 else 'devices'}"
    ]
    if data["reason"] is not None:
        said.append(f"reason {data['reason']}")
    if data["service_request_id"] is not None:
        said.append(f"request {data['service_request_id']}")
    return ", ".join(said)
