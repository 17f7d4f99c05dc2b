"""What is said to who calls this server by a name that it does not answer to."""

import logging
from collections.abc import Mapping

from firmtrack.gateway.seldom import Seldom

_NAME_CHARACTERS = 80
_logger = logging.getLogger(__name__)
_told = Seldom()


def refusal_of(environ: Mapping[str, str]) -> str:
    """Return the sentence; the log has it too, but seldom. The name may be hostile: it is cut."""
    name = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    shown = ascii(name[:_NAME_CHARACTERS])
    text = f"Firmtrack does not answer to {shown}: it is not among FIRMTRACK_ALLOWED_HOSTS."
    if _told.is_due(shown):
        _logger.warning("%s", text)
    return text
