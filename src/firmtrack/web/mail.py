"""Mail about accounts: sent beside the answer, which so takes no longer where mail is sent."""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

_log = logging.getLogger(__name__)


def is_open() -> bool:
    """Return whether a server takes mail."""
    return settings.ENVIRONMENT.mail_server is not None


def send(address: str, subject: str, text: str) -> None:
    """Have a mail sent, soon and once; nothing happens where no server takes mail."""
    if is_open():
        _sender().submit(_send, EmailMessage(subject=subject, body=text, to=[address]))


@cache
def _sender() -> ThreadPoolExecutor:
    # One thread: a mail server that hangs holds up other mail only.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        # Whom it was for is nobody's business who reads the log.
        _log.warning("A mail about an account was not taken: %s", type(error).__name__)
