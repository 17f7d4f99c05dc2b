"""One mail, given to the server that takes it."""

from collections.abc import Mapping
from smtplib import SMTPException

from django.core.mail import EmailMessage

from firmtrack.notices.calling import CallResponse


def mailed(
    address: str, subject: str, text: str, headers: Mapping[str, str] | None = None
) -> CallResponse:
    """Send a mail, and return what came of it; whatever it is, raise nothing.

    A mail that the server took counts as status 200, as no status code of its own tells more.
    """
    mail = EmailMessage(subject=subject, body=text, to=[address], headers=dict(headers or {}))
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        return CallResponse(problem=f"{type(error).__name__}: {error}"[:200])
    return CallResponse(status_code=200)
