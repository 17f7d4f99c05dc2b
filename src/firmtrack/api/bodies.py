"""The bodies of submissions: bounded before they are read, and of a known kind."""

from datetime import datetime

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.presentation.as_of import MalformedMoment, read_time

# All that the readers take is UTF-8; a header may say so, or that it uses no more than ASCII.
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


def media_type_of(request: HttpRequest, taken: frozenset[str]) -> str:
    """Return the body's media type, one of ``taken``, without its parameters.

    Raises ProblemFound for any other, for a charset that is not UTF-8, and for a body that is
    compressed.
    """
    media_type = (request.content_type or "").lower()
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if media_type not in taken or charset not in _CHARSETS or encoding != "identity":
        raise ProblemFound(
            Problem.UNSUPPORTED_MEDIA_TYPE,
            f"Send one of {', '.join(sorted(taken))}, in UTF-8 and not compressed.",
            headers={"Accept": ", ".join(sorted(taken)), "Accept-Encoding": "identity"},
        )
    return media_type


def read_body(request: HttpRequest, limit_bytes: int) -> bytes:
    """Return the whole body. Raises ProblemFound if it is too large, or not whole.

    The size is known before the first octet is read: a body that does not say it is refused.
    """
    size_bytes = _size_bytes(request)
    if size_bytes > limit_bytes:
        raise ProblemFound(Problem.TOO_LARGE, f"At most {limit_bytes} octets are taken here.")
    try:
        body = request.read(size_bytes)
    except UnreadablePostError:
        raise ProblemFound(Problem.INCOMPLETE_BODY) from None
    if len(body) < size_bytes:
        raise ProblemFound(Problem.INCOMPLETE_BODY)
    return body


def received_at_of(request: HttpRequest) -> datetime | None:
    """Return the header ``ce-time``, in UTC: when DCC received the message, None if not given.

    Raises ProblemFound.
    """
    text = request.headers.get("ce-time")
    if text is None:
        return None
    try:
        return read_time(text)
    except MalformedMoment as error:
        raise ProblemFound.in_parameter("header", "ce-time", str(error)) from None


def _size_bytes(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text.isascii() or not text.isdigit():
        raise ProblemFound(Problem.LENGTH_REQUIRED)
    return int(text)
